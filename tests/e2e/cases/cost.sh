# shellcheck shell=bash
# What the programs may cost at most: requests to the store, instructions, memory, bytes on disk.
# What they do cost is in docs/performance.md.

# shellcheck source=tests/e2e/lib/cost.sh
source "$here/lib/cost.sh"

# with_setup_token: alice's is in Vault and in force, and was tried today.
with_setup_token() {
  printf '#!/bin/sh\necho AUTH_OK\n' >/usr/local/bin/claude
  chmod 0755 /usr/local/bin/claude
  start_vault --tls
  vault_person alice
  sync_as alice setup-token set --no-check <<<"$setup_token" || fail "$(said)"
  sync_as alice sync || fail "$(said)"
}

version_of() { document_of "$1" | tr -d ' \n' | sed -n 's/.*"version":\([0-9]*\).*/\1/p'; }

case_sync_asks_three_times_over_one_connection() {
  with_setup_token
  local version
  version=$(version_of alice)
  # Look-up, renewal and read; the renewal is the one that is no GET.
  same "requests, writes, connections" "3 1 1" "$(asked sync_as alice sync)"
  same "version of the document" "$version" "$(version_of alice)"
}

case_sync_of_an_unchanged_login_asks_no_more() {
  with_setup_token
  sync_as alice setup-token remove || fail "$(said)"
  backed_up alice one
  sync_as alice sync || fail "$(said)"
  same "requests, writes, connections" "3 1 1" "$(asked sync_as alice sync)"
}

lost_again() {
  lose_credentials alice
  sync_as alice login
  same generation one "$(generation_of alice)"
}

case_login_asks_once() {
  start_vault --tls
  vault_person alice
  backed_up alice one
  same "requests, writes, connections" "1 0 1" "$(asked lost_again)"
}

case_login_with_a_token_not_verified_for_a_day_asks_twice() {
  start_vault --tls
  vault_person alice
  backed_up alice one
  rm "$(state_path alice)/state.json"
  same "requests, writes, connections" "2 0 1" "$(asked lost_again)"
}

case_backup_of_a_new_login_reads_and_writes() {
  start_vault --tls
  vault_person alice
  backed_up alice one
  write_credentials alice two
  same "requests, writes, connections" "2 1 1" "$(asked sync_as alice backup)"
}

case_warm_login_asks_nothing() {
  start_vault --tls
  vault_person alice
  backed_up alice one
  lost_again
  same "requests, writes, connections" "0 0 0" "$(asked sync_as alice login)"
}

# Ten per cent above what it took when this was last set (docs/performance.md); most of it is the
# dynamic loader's.
readonly not_enrolled_instructions=800000

needs_optimised_build() {
  ! grep -q '^CMAKE_BUILD_TYPE:[^=]*=Debug$' /mnt/build/CMakeCache.txt || skip "this is a Debug build"
}

case_login_of_nobody_enrolled_keeps_its_instruction_budget() {
  needs_optimised_build
  [[ -n $(type -P valgrind) ]] || skip "valgrind is not installed"
  local found
  found=$(instructions_of alice /usr/bin/claude-auth-sync login --pam)
  echo "$found instructions"
  # Fewer than any process takes would be none counted.
  at_least "instructions" 100000 "$found"
  at_most "instructions" "$not_enrolled_instructions" "$found"
}

# needs_little LIMIT KIB: the peak is below the limit, and was measured at all.
needs_little() {
  echo "$2 KiB"
  at_least "KiB of private memory" 50 "${2:-0}"
  at_most "KiB of private memory" "$1" "$2"
}

case_login_without_network_needs_two_mebibytes() {
  backed_up alice one
  needs_little 2048 "$(peaks alice claude-auth-sync login --pam | peak_of 'claude-auth-sync login --pam')"
}

case_store_program_needs_eight_mebibytes() {
  start_vault --tls
  vault_person alice
  note_account alice
  write_credentials alice one
  needs_little 8192 "$(peaks alice claude-auth-sync backup | peak_of claude-auth-store)"
}

stored_two() { document_of alice | grep -q TEST-refresh-two; }

case_watch_needs_four_mebibytes() {
  start_vault --tls
  vault_person alice
  backed_up alice one
  # shellcheck disable=SC2016
  peaks alice bash -c 'echo $$ >watch.pid; exec claude-auth-sync watch' >"$inside/peaks" &
  local tracer=$! limit=$((SECONDS + 60))
  until [[ $(logged) == *"OK login"* ]]; do ((SECONDS < limit)) || fail "no watch"; done
  write_credentials alice two
  until stored_two; do ((SECONDS < limit)) || fail "no backup by the watch"; done
  kill -TERM "$(</home/alice/watch.pid)"
  wait "$tracer"
  needs_little 4096 "$(peak_of 'claude-auth-sync watch' <"$inside/peaks")"
}

# bytes_of PATH
bytes_of() { stat --format=%s "$1"; }

case_files_are_small() {
  needs_optimised_build
  local module
  module=$(find /usr/lib -name pam_claude.so)
  at_most "bytes of the module" $((128 * 1024)) "$(bytes_of "$module")"
  at_most "bytes of claude-auth-sync" $((1024 * 1024)) "$(bytes_of /usr/bin/claude-auth-sync)"
}
