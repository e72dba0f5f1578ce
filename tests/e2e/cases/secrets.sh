# shellcheck shell=bash
# What is left of a secret in a process's memory when it ends: nothing.

# No file of the machine holds it, and no two pieces of it are the same.
readonly secret=Qw7Zk2Lp9Xc4Vb6Nm1Jh8Gf3Ds5Aa0PoRtYuIe

# left_in NAME PROGRAM [ARGUMENT...]: runs PROGRAM as alice; prints how many pieces of the secret the
# process called NAME, which it is or starts, had in memory at its end.
left_in() {
  local name=$1
  shift
  echo "$secret" >"$inside/secret"
  /mnt/build/tests/e2e/memory-scan "$inside/secret" \
    setpriv --reuid alice --regid alice --init-groups --reset-env \
    env -C /home/alice HOME=/home/alice USER=alice LOGNAME=alice PATH=/usr/local/bin:/usr/bin:/bin \
    "$@" >"$inside/left" 2>"$inside/said" || fail "$*: exit status $?: $(said)"
  sed -n "s/^$name //p" "$inside/left"
}

case_a_program_that_keeps_a_secret_is_found_out() {
  echo "kept=$secret" | put alice /home/alice/kept
  differs "pieces that are left" 0 "$(left_in bash bash -c 'source ~/kept')"
}

case_nothing_is_left_of_a_login_that_is_backed_up() {
  note_account alice
  write_credentials alice "$secret"
  same "pieces that are left" 0 "$(left_in claude-auth-syn claude-auth-sync backup)"
}

case_nothing_is_left_of_a_login_that_is_restored() {
  backed_up alice "$secret"
  lose_credentials alice
  same "pieces that are left" 0 "$(left_in claude-auth-syn claude-auth-sync login)"
  same generation "$secret" "$(generation_of alice)"
}

case_nothing_is_left_of_a_login_that_comes_from_vault() {
  start_vault
  vault_person alice
  backed_up alice "$secret"
  lose_credentials alice
  same "pieces that are left" 0 "$(left_in claude-auth-syn claude-auth-sync login)"
  same generation "$secret" "$(generation_of alice)"
}

case_nothing_is_left_of_a_setup_token() {
  echo "sk-ant-oat01-TEST-$secret" | sync_as alice setup-token set --no-check || fail "$(said)"
  same "pieces that are left" 0 "$(left_in claude-auth-syn claude-auth-sync login --codes)"
}

case_nothing_is_left_of_a_vault_token() {
  same "pieces that are left" 0 \
    "$(left_in claude-auth-syn claude-auth-sync vault-token set <<<"hvs.TEST-$secret")"
  contains "the token file" "$secret" "$(cat /home/alice/.config/claude-auth-sync/vault-token)"
}
