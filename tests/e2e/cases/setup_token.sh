# shellcheck shell=bash
# The setup token: from the store into the session, and out of it again.

# set_token NAME TOKEN [OPTION...]
set_token() {
  local name=$1 token=$2
  shift 2
  sync_as "$name" setup-token set "$@" <<<"$token"
}

# fake_claude NAME REPLY EXIT: a `claude` in NAME's home that answers every probe so.
fake_claude() {
  put "$1" "/home/$1/.local/bin/claude" <<END
#!/bin/sh
echo "$2"
exit $3
END
  chmod 0755 "/home/$1/.local/bin/claude"
}

env_file() { echo "/home/$1/.config/claude-auth-sync/claude-oauth.env"; }

case_set_token_is_in_the_session() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  same CLAUDE_CODE_OAUTH_TOKEN "$setup_token" "$(token_in_session alice)"
}

case_set_token_is_in_the_env_file() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  ssh_as alice true
  same "the env file" "CLAUDE_CODE_OAUTH_TOKEN=$setup_token" "$(cat "$(env_file alice)")"
  same "owner and mode" "alice 600" "$(stat -c '%U %a' "$(env_file alice)")"
}

case_lost_env_file_is_back() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  rm "$(env_file alice)"
  same CLAUDE_CODE_OAUTH_TOKEN "$setup_token" "$(token_in_session alice)"
}

case_set_token_is_in_su_l_and_login() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  same "under su -l" "$setup_token" "$(su -l alice -c 'echo "$CLAUDE_CODE_OAUTH_TOKEN"')"
  contains "under login" "token: $setup_token" \
    "$(script -qec 'login -f alice' /dev/null <<<$'echo "token: $CLAUDE_CODE_OAUTH_TOKEN"\nexit')"
}

case_changed_token_is_in_the_next_session() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  same "the first" "$setup_token" "$(token_in_session alice)"
  set_token alice "$setup_token-2" --no-check || fail "$(said)"
  same "the second" "$setup_token-2" "$(token_in_session alice)"
}

case_removed_token_is_gone() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  same "the token" "$setup_token" "$(token_in_session alice)"
  sync_as alice setup-token remove || fail "$(said)"
  same "after its removal" unset "$(token_in_session alice)"
  absent "$(env_file alice)"
}

case_rejected_token_is_not_taken() {
  fake_claude alice "Failed to authenticate. API Error: 401" 1
  ! set_token alice "$setup_token" || fail "a rejected token was taken: $(said)"
  contains "what the person is told" FAIL "$(said)"
  same CLAUDE_CODE_OAUTH_TOKEN unset "$(token_in_session alice)"
  absent "$(env_file alice)"
}

case_accepted_token_is_taken() {
  fake_claude alice AUTH_OK 0
  set_token alice "$setup_token" || fail "$(said)"
  same CLAUDE_CODE_OAUTH_TOKEN "$setup_token" "$(token_in_session alice)"
}

case_token_of_a_wrong_shape_is_refused() {
  ! set_token alice 'not a token' --no-check || fail "taken: $(said)"
  same CLAUDE_CODE_OAUTH_TOKEN unset "$(token_in_session alice)"
}

case_token_is_never_in_a_log() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  ssh_as alice true
  lacks syslog "$setup_token" "$(logged)"
  lacks sync.log "$setup_token" "$(cat "$(state_path alice)/sync.log")"
}

case_login_is_not_restored_while_a_token_is_in_force() {
  backed_up alice one
  set_token alice "$setup_token" --no-check || fail "$(said)"
  lose_credentials alice
  same CLAUDE_CODE_OAUTH_TOKEN "$setup_token" "$(token_in_session alice)"
  same generation none "$(generation_of alice)"
}

case_paused_exports_nothing() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  sync_as alice pause
  same CLAUDE_CODE_OAUTH_TOKEN unset "$(token_in_session alice)"
}

case_no_env_exports_nothing() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  pam_line sshd no_env
  same CLAUDE_CODE_OAUTH_TOKEN unset "$(token_in_session alice)"
}

# token_after_su COMMAND: what alice, who has a token, sees in bob's shell after `COMMAND bob`.
token_after_su() {
  set_token alice "$setup_token" --no-check || fail "$(said)"
  ssh_as alice "echo bob-password | $1 bob -c 'echo \"\$(id -un): \${CLAUDE_CODE_OAUTH_TOKEN:-none}\"' 2>/dev/null"
}

case_su_does_not_carry_a_token_to_another_user() {
  same "bob's environment" "bob: none" "$(token_after_su su)"
}

case_su_l_does_not_carry_a_token_to_another_user() {
  same "bob's environment" "bob: none" "$(token_after_su 'su -l')"
}

case_su_gives_the_other_users_own_token() {
  set_token bob "$setup_token-of-bob" --no-check || fail "$(said)"
  same "bob's environment" "bob: $setup_token-of-bob" "$(token_after_su su)"
}
