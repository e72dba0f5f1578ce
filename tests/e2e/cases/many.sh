# shellcheck shell=bash
# Several logins of one user at once.

# logins NUMBER: that many at once; each prints the generation its session finds.
logins() {
  local number found=()
  for ((number = 0; number < $1; number++)); do
    ssh_as alice cat .claude/.credentials.json >"$inside/found.$number" 2>&1 &
    found+=($!)
  done
  wait "${found[@]}"
  for ((number = 0; number < $1; number++)); do
    contains "what session $number found" TEST-refresh-one "$(cat "$inside/found.$number")"
  done
}

case_twenty_logins_all_find_the_login() {
  backed_up alice one
  lose_credentials alice
  logins 20
  same "restores" 1 "$(logged | grep -c 'user=alice RECOVERED')"
}

case_twenty_logins_read_the_store_once() {
  start_vault
  vault_person alice
  backed_up alice one
  lose_credentials alice
  local before
  before=$(requests)
  logins 20
  same "requests to the store" 1 $(($(requests) - before))
}
