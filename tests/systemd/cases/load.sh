# shellcheck shell=bash
# Many logins of many users, with the store up and down. Run by name alone: `load_bounded` and
# `load_full` are proofs of docs/reliability.md.

load_bounded() { prove_load 20 100; }
load_full() { prove_load 200 1000; }

# What a login may take: its deadline, and ending its helper at it, on a machine that does nothing else.
readonly load_timeout=5000 load_limit=6000

# people_of_load NUMBER: $people, each with a login that is in the store.
people_of_load() {
  local number name
  people=()
  for ((number = 1; number <= $1; number++)); do
    name=load$number
    useradd --no-log-init --shell /bin/bash --create-home "$name"
    people+=("$name")
    vault_person "$name"
    note_account "$name"
    write_credentials "$name" "of-$name"
    sync_as "$name" backup || fail "$(said)"
    lose_credentials "$name"
  done
}

# manager_has: descriptors and KiB of systemd's own process.
manager_has() {
  local descriptors=(/proc/1/fd/*)
  echo "${#descriptors[@]} $(awk '/^VmRSS:/ { print $2 }' /proc/1/status)"
}

# log_in_all WHAT: $logins logins of all people, as a row. Nobody is denied or late, and nothing grows.
log_in_all() {
  local -a row before after
  read -ra before < <(manager_has)
  "$inside/build/tests/reliability/session_load" load "$logins" "$load_limit" "${people[@]}" \
    >"$inside/load" || fail "the load did not end: $(cat "$inside/load")"
  read -ra row <"$inside/load"
  read -ra after < <(manager_has)
  same "logins" "$logins" "${row[0]}"
  same "denied" 0 "${row[1]}"
  same "late" 0 "${row[2]}"
  same "descriptors" "${row[5]}" "${row[6]}"
  at_most "KiB of memory more" 512 $((row[8] - row[7]))
  at_most "KiB of systemd's memory more" 2048 $((after[1] - before[1]))
  echo "figure: | $1 | ${row[0]} of ${#people[@]} | ${row[1]} | ${row[2]} | ${row[3]}, ${row[4]} | ${row[5]}, ${row[6]} | ${row[7]}, ${row[8]} | ${before[0]}, ${after[0]} | ${before[1]}, ${after[1]} |"
}

prove_load() {
  local people logins=$2 name
  start_vault
  # Each login asks, whatever it was answered before.
  configure 'fresh_for = 0' 'retry_after = 0' "${vault_lines[@]}"
  printf '%s\n' "session optional pam_claude.so timeout=$load_timeout" 'session required pam_permit.so' \
    >/etc/pam.d/load
  people_of_load "$1"
  echo 'figure: | store | logins of users | denied | late | median, slowest, ms | descriptors, before and after | KiB | of systemd | KiB |'
  echo 'figure: | --- | --- | --- | --- | --- | --- | --- | --- | --- |'
  log_in_all up
  for name in "${people[@]}"; do same "the login of $name" "of-$name" "$(generation_of "$name")"; done
  stop_vault
  log_in_all "down, refuses connections"
  for name in "${people[@]}"; do lose_credentials "$name"; done
  log_in_all "down, and every login lost"
  # Here it counts that one login of each pays for all.
  start_vault
  configure 'fresh_for = 0' "${vault_lines[@]}"
  fault hang
  log_in_all "hangs, and every login lost"
  same "processes of people" '' "$(pgrep --list-full claude-auth || true)"
}
