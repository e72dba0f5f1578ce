# shellcheck shell=bash
# claude-auth-admin on a host with real users: what it gives them, and what the hostile among them
# gain by standing in its way.

readonly roster=/etc/claude-auth-sync.roster.yaml
readonly token_of_alice=/home/alice/.config/claude-auth-sync/vault-token
readonly token_of_bob=/home/bob/.config/claude-auth-sync/vault-token

# A server, and a roster with alice and bob in it.
fleet() {
  start_server
  printf 'users:\n  alice: {claude_auth: true}\n  bob: {claude_auth: true}\n' >"$roster"
}

# admin COMMAND...: claude-auth-admin with the server's root token; its words are kept for `said`.
admin() { VAULT_TOKEN=$vault_root claude-auth-admin "$@" >"$inside/said" 2>&1; }

# said_of NAME: the line about that user.
said_of() { said | sed -n "s/^$1: //p"; }

# lives FILE: whether the token in it does.
lives() {
  curl --silent --fail --output /dev/null --header @- "$vault_address/v1/auth/token/lookup-self" \
    <<<"X-Vault-Token: $(cat "$1")"
}

case_provisioned_users_are_backed_up_and_healed() {
  fleet
  admin provision || fail "$(said)"
  same "the last line" "2 users: 0 unchanged, 2 changed, 0 failed" "$(said | tail -n 1)"
  for name in alice bob; do
    backed_up "$name" one
    lose_credentials "$name"
    ssh_as "$name" true
    same "generation of $name" one "$(generation_of "$name")"
  done
}

case_token_is_its_users_alone() {
  fleet
  admin provision || fail "$(said)"
  same "owner and mode" "alice alice 600" "$(stat -c '%U %G %a' "$token_of_alice")"
  same "owner and mode" "bob bob 600" "$(stat -c '%U %G %a' "$token_of_bob")"
  differs "the token" "$(cat "$token_of_alice")" "$(cat "$token_of_bob")"
}

case_records_are_roots_alone() {
  fleet
  admin provision || fail "$(said)"
  same "the directory" "root 700" "$(stat -c '%U %a' /var/lib/claude-auth-sync)"
  lacks "the record" "$(cat "$token_of_alice")" "$(cat /var/lib/claude-auth-sync/alice.json)"
}

case_second_provision_changes_no_file() {
  fleet
  admin provision || fail "$(said)"
  local before
  before=$(fingerprint /home /var/lib/claude-auth-sync)
  admin provision || fail "$(said)"
  same "what was said" "2 users: 2 unchanged, 0 changed, 0 failed" "$(said | tail -n 1)"
  same "files" "$before" "$(fingerprint /home /var/lib/claude-auth-sync)"
}

case_dry_run_changes_no_file() {
  fleet
  local before
  before=$(fingerprint /home /var/lib)
  admin provision --dry-run || fail "$(said)"
  same "files" "$before" "$(fingerprint /home /var/lib)"
}

# stands_in_the_way_of_provision: alice has seen to it that no token reaches her; then she gets
# none, what was minted for her is dead, and bob has his.
stands_in_the_way_of_provision() {
  ! admin provision || fail "it went well: $(said)"
  contains "the line of alice" "FAIL policy written; token not delivered: " "$(said_of alice)"
  absent /var/lib/claude-auth-sync/alice.json
  lives "$token_of_bob" || fail "bob has no token: $(said)"
}

case_token_file_that_links_to_shadow_is_replaced() {
  fleet
  as alice mkdir -p "${token_of_alice%/*}"
  as alice ln -s /etc/shadow "$token_of_alice"
  local before
  before=$(fingerprint /etc/shadow)
  admin provision || fail "$(said)"
  same "/etc/shadow" "$before" "$(fingerprint /etc/shadow)"
  [[ -f $token_of_alice && ! -L $token_of_alice ]] || fail "the link is still there"
  lives "$token_of_alice" || fail "no token: $(said)"
}

case_directory_that_links_to_roots_is_refused() {
  fleet
  as alice mkdir -p /home/alice/.config
  mkdir -p /root/precious
  as alice ln -s /root/precious "${token_of_alice%/*}"
  stands_in_the_way_of_provision
  same "root's directory" "" "$(ls -A /root/precious)"
}

case_fifo_as_directory_is_refused() {
  fleet
  as alice mkdir -p /home/alice/.config
  as alice mkfifo "${token_of_alice%/*}"
  stands_in_the_way_of_provision
}

case_fifo_as_token_file_is_replaced() {
  fleet
  as alice mkdir -p "${token_of_alice%/*}"
  as alice mkfifo "$token_of_alice"
  admin provision || fail "$(said)"
  lives "$token_of_alice" || fail "no token: $(said)"
}

case_home_of_another_gets_no_token() {
  fleet
  chown root:root /home/alice
  chmod 0755 /home/alice
  stands_in_the_way_of_provision
  absent "$token_of_alice"
}

case_user_without_a_home_gets_no_token() {
  fleet
  rm -r /home/alice
  stands_in_the_way_of_provision
  absent /home/alice
}

case_no_run_says_a_token() {
  fleet
  admin provision || fail "$(said)"
  rm "$token_of_alice"
  admin provision || fail "$(said)"
  lacks "what was said" "$(cat "$token_of_alice")" "$(said)"
  lacks "what was said" "$vault_root" "$(said)"
  lacks syslog "$(cat "$token_of_alice")" "$(logged)"
}

case_foreign_token_is_replaced_and_its_owner_keeps_it() {
  fleet
  admin provision || fail "$(said)"
  put alice "$token_of_alice" <"$token_of_bob"
  admin provision || fail "$(said)"
  same "the line of alice" \
    "OK token minted: the one in place was not the user's own; 1 old token revoked" \
    "$(said_of alice)"
  lives "$token_of_bob" || fail "bob's token is dead"
}

case_without_an_admins_token_the_rest_is_done() {
  fleet
  local status=0
  claude-auth-admin provision >"$inside/said" 2>&1 || status=$?
  same "the exit status" 3 "$status"
  same "the line of alice" "WARN token to mint, with an admin's Vault token: there was none" \
    "$(said_of alice)"
}

case_deprovision_of_one_leaves_the_other_untouched() {
  fleet
  admin provision || fail "$(said)"
  local token before
  token=$(cat "$token_of_alice")
  before=$(fingerprint /home/bob /var/lib/claude-auth-sync/bob.json)
  printf 'users:\n  bob: {claude_auth: true}\n' >"$roster"
  admin deprovision alice || fail "$(said)"
  same "the line of alice" "OK token file removed; 1 token revoked" "$(said_of alice)"
  absent "$token_of_alice"
  ! lives <(echo "$token") || fail "the token of alice lives"
  same "bob's files" "$before" "$(fingerprint /home/bob /var/lib/claude-auth-sync/bob.json)"
  lives "$token_of_bob" || fail "bob's token is dead"
}

case_deprovision_of_a_deleted_user_revokes_his_token() {
  fleet
  admin provision || fail "$(said)"
  local token
  token=$(cat "$token_of_alice")
  userdel --remove alice 2>/dev/null
  printf 'users:\n  bob: {claude_auth: true}\n' >"$roster"
  admin deprovision alice || fail "$(said)"
  ! lives <(echo "$token") || fail "the token of alice lives"
}

case_purge_asks_for_the_name() {
  fleet
  admin provision || fail "$(said)"
  backed_up alice one
  ! admin deprovision alice --purge <<<bob || fail "it purged: $(said)"
  contains "what was said" "nothing was done" "$(said)"
  lives "$token_of_alice" || fail "something was done"
  admin deprovision alice --purge <<<alice || fail "$(said)"
  ! document_of alice 2>/dev/null || fail "the document is there"
}
