# shellcheck shell=bash
# A login through Vault: with a server that works, and with one in every kind of trouble.

# A person whose login is in Vault and lost here.
lost_with_vault() {
  start_vault "$@"
  vault_person alice
  backed_up alice one
  lose_credentials alice
}

case_lost_login_comes_back_from_vault() {
  lost_with_vault
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_lost_login_comes_back_over_tls() {
  lost_with_vault --tls
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_other_keys_of_the_document_survive_a_backup() {
  start_vault
  vault_person alice
  vault_api POST secret/data/workstation/claude-users/alice \
    '{"data": {"vaultwarden_url": "https://vw.example.org/", "count": 3}}' >/dev/null
  backed_up alice one
  contains "the document" '"vaultwarden_url":"https://vw.example.org/"' \
    "$(document_of alice | tr -d ' \n')"
  contains "the document" '"count":3' "$(document_of alice | tr -d ' \n')"
}

case_token_that_somebody_put_by_hand_is_in_the_session() {
  start_vault
  vault_person alice
  vault_api POST secret/data/workstation/claude-users/alice \
    "{\"data\": {\"setup_token\": \"$setup_token\"}}" >/dev/null
  same CLAUDE_CODE_OAUTH_TOKEN "$setup_token" "$(token_in_session alice)"
}

case_token_that_an_admin_removed_is_gone() {
  start_vault
  vault_person alice
  configure 'fresh_for = 0' "${vault_lines[@]}"
  sync_as alice setup-token set --no-check <<<"$setup_token" || fail "$(said)"
  vault_api POST secret/data/workstation/claude-users/alice '{"data": {}}' >/dev/null
  same CLAUDE_CODE_OAUTH_TOKEN unset "$(token_in_session alice)"
  absent /home/alice/.config/claude-auth-sync/claude-oauth.env
}

case_foreign_scoped_token_is_refused() {
  lost_with_vault
  vault_person bob
  put alice /home/alice/.config/claude-auth-sync/vault-token \
    </home/bob/.config/claude-auth-sync/vault-token
  ssh_as alice true
  same generation none "$(generation_of alice)"
  contains syslog "user=alice FAIL" "$(logged)"
}

case_without_a_scoped_token_nobody_is_enrolled() {
  start_vault
  write_credentials alice one
  ssh_as alice true
  same "requests to the store" 0 "$(requests)"
}

# in_trouble: the store fails; a shell in time, nothing changed, a line that says so.
in_trouble() {
  local milliseconds
  milliseconds=$(took ssh_as alice echo a shell) || fail "no shell: $(cat "$inside/took")"
  same "what the session says" "a shell" "$(cat "$inside/took")"
  # Five seconds are the module's, the rest sshd's.
  at_most "milliseconds of the login" 7000 "$milliseconds"
  same generation none "$(generation_of alice)"
  [[ $(logged) =~ user=alice\ (WARN|FAIL) ]] || fail "no line that says so"
}

case_store_down() {
  lost_with_vault
  stop_vault
  in_trouble
}

case_store_hanging() {
  lost_with_vault
  fault hang
  in_trouble
}

case_store_slow_by_ten_seconds() {
  lost_with_vault
  fault delay '"delay_ms": 10000'
  in_trouble
}

case_store_that_denies() {
  lost_with_vault
  fault answer '"status": 403, "body": "permission denied"'
  in_trouble
}

case_store_that_is_sealed() {
  lost_with_vault
  fault answer '"status": 503'
  in_trouble
}

case_store_that_answers_garbage() {
  lost_with_vault
  fault answer '"status": 200, "body": "<html>not a Vault"'
  in_trouble
}

case_store_that_breaks_off() {
  lost_with_vault
  fault reset
  in_trouble
}

case_store_without_the_mount_is_no_proof_of_absence() {
  sync_as alice setup-token set --no-check <<<"$setup_token" || fail "$(said)"
  start_vault
  vault_person alice
  fault answer '"status": 404, "body": "no handler for route"'
  same CLAUDE_CODE_OAUTH_TOKEN "$setup_token" "$(token_in_session alice)"
}

case_outage_takes_no_token_from_the_session() {
  start_vault
  vault_person alice
  sync_as alice setup-token set --no-check <<<"$setup_token" || fail "$(said)"
  configure 'fresh_for = 0' "${vault_lines[@]}"
  stop_vault
  same "during the outage" "$setup_token" "$(token_in_session alice)"
  contains "the env file" "$setup_token" "$(cat /home/alice/.config/claude-auth-sync/claude-oauth.env)"
}

case_killed_store_program_costs_no_login() {
  lost_with_vault
  printf '#!/bin/sh\nkill -9 $$\n' >/usr/libexec/claude-auth-sync/claude-auth-store
  in_trouble
}

case_store_program_that_talks_garbage_costs_no_login() {
  lost_with_vault
  printf '#!/bin/sh\nhead -c 1000000 /dev/urandom >&0\n' >/usr/libexec/claude-auth-sync/claude-auth-store
  in_trouble
}

case_silent_store_program_costs_no_login() {
  lost_with_vault
  printf '#!/bin/sh\nexec sleep 60\n' >/usr/libexec/claude-auth-sync/claude-auth-store
  in_trouble
}
