# shellcheck shell=bash
# The scoped Vault token as provisioning brings it, and what programs are told of a user.

readonly token_file=/home/alice/.config/claude-auth-sync/vault-token

# own_token: a token of alice's own, fresh from the server.
own_token() {
  vault_token '{"display_name": "devvm-claude-auth-alice", "policies": ["workstation-claude-alice"],
    "period": "768h"}'
}

set_token() { sync_as alice vault-token set <<<"$1"; }

# said_member NAME: the number or text of that name in the object that was printed last.
said_member() { said | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }

# says MEMBERS: they stand side by side in that object.
says() { contains "the object" "$1" "$(said)"; }

case_delivered_token_opens_the_store() {
  start_vault
  vault_person alice
  rm -r "${token_file%/*}"
  set_token "$(own_token)" || fail "$(said)"
  same "owner and mode" "alice 600" "$(stat -c '%U %a' "$token_file")"
  backed_up alice one
  lose_credentials alice
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_token_file_that_links_to_a_file_of_roots_is_replaced() {
  local before
  echo 'root:made-up:1::::::' >/etc/precious
  chmod 0600 /etc/precious
  before=$(fingerprint /etc/precious)
  as alice mkdir -p "${token_file%/*}"
  as alice ln -s /etc/precious "$token_file"
  set_token hvs.TEST-token || fail "$(said)"
  same "the file behind the link" "$before" "$(fingerprint /etc/precious)"
  [[ -f $token_file && ! -L $token_file ]] || fail "the link is still there"
  same "the token" hvs.TEST-token "$(cat "$token_file")"
}

# refused_token REASON: `set` fails by one sentence with REASON in it.
refused_token() {
  ! set_token hvs.TEST-new || fail "it was taken: $(said)"
  contains "the sentence" "FAIL" "$(said)"
  contains "the sentence" "$1" "$(said)"
  same "lines" 1 "$(said | wc -l)"
}

case_fifo_as_the_token_s_directory_is_refused() {
  as alice mkdir -p /home/alice/.config
  as alice mkfifo "${token_file%/*}"
  refused_token 'Not a directory'
}

case_link_to_a_directory_of_somebody_else_is_refused() {
  as alice mkdir -p /home/alice/.config
  as bob mkdir -m 0777 /home/bob/trap
  chmod 0755 /home/bob
  as alice ln -s /home/bob/trap "${token_file%/*}"
  refused_token 'belongs to another user'
  same "bob's catch" "" "$(ls -A /home/bob/trap)"
}

case_home_of_somebody_else_is_refused() {
  as alice mkdir -p "${token_file%/*}"
  chown bob /home/alice
  chmod 0755 /home/alice
  refused_token 'belongs to another user'
  absent "$token_file"
}

case_full_disk_keeps_the_token_before() {
  as alice mkdir -p "${token_file%/*}"
  mount -t tmpfs -o "size=8k,mode=0700,uid=alice,gid=alice" tmpfs "${token_file%/*}"
  set_token hvs.TEST-before || fail "$(said)"
  as alice dd if=/dev/zero of="${token_file%/*}/filler" bs=4k 2>/dev/null || true
  refused_token 'No space left'
  same "the token" hvs.TEST-before "$(cat "$token_file")"
}

# checked STATE: what `check` says, which changes nothing.
checked() {
  local before
  before=$(fingerprint /home/alice)
  sync_as alice vault-token check || fail "$(said)"
  same "the state" "$1" "$(said_member state)"
  same "alice's files" "$before" "$(fingerprint /home/alice)"
}

case_check_tells_whose_token_it_is() {
  start_vault
  vault_person alice
  checked ours
  says '"display_name":"token-devvm-claude-auth-alice"'
  says '"workstation-claude-alice"]'
  says '"renewable":true'
  at_least "the time to live" 2764000 "$(said_member ttl)"
}

case_check_asks_every_time() {
  start_vault
  vault_person alice
  backed_up alice one
  checked ours
  vault_api POST auth/token/revoke-accessor "{\"accessor\": \"$(said_member accessor)\"}" >/dev/null
  checked rejected
}

case_check_knows_a_foreign_token() {
  start_vault
  vault_person alice
  vault_person bob
  put alice "$token_file" </home/bob/.config/claude-auth-sync/vault-token
  checked foreign
}

case_check_of_a_silent_server_proves_nothing() {
  start_vault
  vault_person alice
  stop_vault
  checked unknown
}

case_removed_token_ends_the_enrolment() {
  start_vault
  vault_person alice
  sync_as alice vault-token remove || fail "$(said)"
  absent "$token_file"
  checked absent
  sync_as alice vault-token remove || fail "$(said)"
}

case_status_object_of_a_user_in_vault() {
  start_vault
  vault_person alice
  backed_up alice one
  sync_as alice status --json || fail "$(said)"
  says '"vault_token":{"state":"ours","expires_at":'
  at_least "its end" "$((EPOCHSECONDS + 2764000))" "$(said_member expires_at)"
  says '"backup":{"state":"valid","at":'
  says '"by":"workstation","other_host":false}'
  says '"last":{"status":"OK","reason":"login backed up",'
  lacks "the object" '"to_do"' "$(said)"
}

case_local_status_asks_nobody() {
  start_vault
  vault_person alice
  backed_up alice one
  local before
  before=$(requests)
  sync_as alice status --json --local || fail "$(said)"
  says '"vault_token":{"state":"present"}'
  says '"backup":{"state":"unknown"}'
  same "requests" "$before" "$(requests)"
}

case_refused_configuration_is_an_object_and_no_log_line() {
  configure 'store = cloud'
  ! sync_as alice status --json || fail "$(said)"
  says '"problem":"configuration: store should be local or vault'
  ! sync_as alice vault-token check || fail "$(said)"
  same "the state" unknown "$(said_member state)"
  lacks syslog user=alice "$(logged)"
}
