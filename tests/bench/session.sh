# shellcheck shell=bash
# The table of what a session costs with four PAM stacks.

# row USER WHAT [lost=FILE] [token]
row() { "$programs/login-cost" row "$1" "$2" "$programs/static-true" "${@:3}"; }

measure() {
  for name in alice bob carol dora; do make_person "$name"; done
  local lost
  lost=lost=$(credentials_path alice)
  "$programs/login-cost" heading

  row bob "not enrolled"
  backed_up alice one
  row alice "valid and fresh"
  row alice "lost, local store: restored" "$lost"
  sync_as carol setup-token set --no-check <<<"$setup_token" || fail "setup-token set: $(said)"
  row carol "setup token, exported" token

  start_vault --tls
  vault_person alice
  backed_up alice two
  row alice "lost, Vault over TLS: restored" "$lost"
  configure 'fresh_for = 0' "${vault_lines[@]}"
  row alice "valid, Vault over TLS: read, no change"
  configure "${vault_lines[@]}"
  vault_person dora
  stop_vault
  row dora "lost, Vault down at a login before"
}
