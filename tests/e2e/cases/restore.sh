# shellcheck shell=bash
# What a login over ssh does to each state that a user's login can be in.

case_lost_login_is_back_in_the_session() {
  backed_up alice one
  lose_credentials alice
  contains "the file that the session sees" sk-ant-ort01-TEST-refresh-one \
    "$(ssh_as alice cat .claude/.credentials.json)"
}

case_restored_file_is_the_users_own_and_private() {
  backed_up alice one
  lose_credentials alice
  ssh_as alice true
  same "owner and mode" "alice 600" "$(stat -c '%U %a' "$(credentials_path alice)")"
}

case_lost_together_with_the_claude_directory_is_back() {
  backed_up alice one
  rm -r /home/alice/.claude /home/alice/.claude.json
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_restore_logs_recovered() {
  backed_up alice one
  lose_credentials alice
  ssh_as alice true
  contains syslog "user=alice RECOVERED" "$(logged)"
  contains sync.log " RECOVERED " "$(cat "$(state_path alice)/sync.log")"
}

case_su_l_restores() {
  backed_up alice one
  lose_credentials alice
  same "the shell's user" alice "$(su -l alice -c 'id -un')"
  same generation one "$(generation_of alice)"
}

case_su_without_l_restores() {
  backed_up alice one
  lose_credentials alice
  same "the shell's user" alice "$(su alice -c 'id -un')"
  same generation one "$(generation_of alice)"
}

case_login_on_a_terminal_restores() {
  backed_up alice one
  lose_credentials alice
  contains "what the terminal shows" "shell of alice" \
    "$(script -qec 'login -f alice' /dev/null <<<$'echo "shell of $(id -un)"\nexit')"
  same generation one "$(generation_of alice)"
}

# malformed TEXT: TEXT in the credentials file's place is replaced, and kept where it can be found.
malformed() {
  backed_up alice one
  printf '%b' "$1" | put alice "$(credentials_path alice)"
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_truncated_file_is_replaced() { malformed '{"claudeAiOauth":{"accessToken":"sk-ant-oat01-TE'; }

case_file_with_a_bom_is_replaced() { malformed "\\xef\\xbb\\xbf$(credentials bom | tr -d '\n')"; }

case_empty_file_is_replaced() { malformed ''; }

case_file_of_wrong_types_is_replaced() {
  malformed '{"claudeAiOauth":{"accessToken":1,"refreshToken":[],"expiresAt":"soon"}}'
}

case_oversized_file_is_replaced() {
  backed_up alice one
  head -c 64M /dev/zero | put alice "$(credentials_path alice)"
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_replaced_malformed_file_is_kept() {
  malformed '{"mcpOAuth":{"precious":"TEST-kept"},'
  contains "all files of the home" TEST-kept "$(grep -r TEST-kept /home/alice || true)"
}

case_wiped_login_gets_the_newer_generation() {
  backed_up alice one
  backed_up alice two
  write_credentials alice one
  wipe_credentials alice
  ssh_as alice true
  same generation two "$(generation_of alice)"
}

case_restore_keeps_mcp_oauth() {
  backed_up alice one
  lose_credentials alice
  echo '{"mcpOAuth":{"kept":{"accessToken":"TEST-kept"}},"unknown":[1,2.50]}' |
    put alice "$(credentials_path alice)"
  ssh_as alice true
  same generation one "$(generation_of alice)"
  contains "other keys" '"mcpOAuth":{"kept":{"accessToken":"TEST-kept"}}' \
    "$(tr -d ' \n' <"$(credentials_path alice)")"
  contains "other keys" '"unknown":[1,2.5' "$(tr -d ' \n' <"$(credentials_path alice)")"
}

case_logged_out_stays_logged_out() {
  backed_up alice one
  log_out alice
  ssh_as alice true
  same generation none "$(generation_of alice)"
}

case_restore_by_hand_ends_a_log_out() {
  backed_up alice one
  log_out alice
  sync_as alice restore || fail "restore: $(said)"
  same generation one "$(generation_of alice)"
}

case_first_start_without_a_login_is_no_log_out() {
  backed_up alice one
  rm -r "$(state_path alice)"
  log_out alice
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

# left_alone: not a byte of what Claude owns changes at a login.
left_alone() {
  local before
  before=$(fingerprint /home/alice/.claude /home/alice/.claude.json)
  ssh_as alice true
  same "Claude's files" "$before" "$(fingerprint /home/alice/.claude /home/alice/.claude.json)"
}

case_valid_login_is_left_alone() {
  backed_up alice one
  left_alone
}

case_valid_login_that_the_store_does_not_know_is_left_alone() {
  backed_up alice one
  write_credentials alice two
  left_alone
}

case_expired_login_is_left_alone() {
  backed_up alice one
  write_credentials alice one -600
  left_alone
}

case_login_with_nothing_to_do_logs_nothing() {
  backed_up alice one
  ssh_as alice true
  forget_syslog
  ssh_as alice true
  lacks syslog claude-auth-sync "$(logged)"
}

case_dead_generation_comes_back_once() {
  backed_up alice one
  wipe_credentials alice
  ssh_as alice true
  same "generation after the first wipe" one "$(generation_of alice)"
  wipe_credentials alice
  ssh_as alice true
  same "generation after the second wipe" wiped "$(generation_of alice)"
  contains syslog "user=alice FAIL" "$(logged)"
}

case_dead_generation_about_to_run_out_stays_away() {
  note_account alice
  write_credentials alice one 9
  sync_as alice backup
  wipe_credentials alice
  ssh_as alice true
  same generation wiped "$(generation_of alice)"
}

case_document_of_another_host_stays_away() {
  configure 'store = local' 'host_name = elsewhere'
  backed_up alice one
  configure 'store = local' 'host_name = here'
  lose_credentials alice
  ssh_as alice true
  same generation none "$(generation_of alice)"
  contains "the FAIL line" "restore --from-host elsewhere" "$(logged | grep "user=alice FAIL")"
}

case_document_of_another_host_comes_when_told_to() {
  configure 'store = local' 'host_name = elsewhere'
  backed_up alice one
  configure 'store = local' 'host_name = here'
  lose_credentials alice
  sync_as alice restore --from-host elsewhere || fail "restore: $(said)"
  same generation one "$(generation_of alice)"
}

case_shared_login_takes_the_document_of_another_host() {
  configure 'store = local' 'host_name = elsewhere'
  backed_up alice one
  configure 'store = local' 'host_name = here' 'shared_login = yes'
  lose_credentials alice
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_stale_copy_over_the_live_file_is_replaced() {
  backed_up alice one
  backed_up alice two
  write_credentials alice one
  ssh_as alice true
  same generation two "$(generation_of alice)"
}

case_paused_is_left_alone() {
  backed_up alice one
  sync_as alice pause || fail "pause: $(said)"
  lose_credentials alice
  ssh_as alice true
  same "generation while paused" none "$(generation_of alice)"
  sync_as alice resume || fail "resume: $(said)"
  ssh_as alice true
  same "generation after resume" one "$(generation_of alice)"
}

case_not_enrolled_is_left_alone() {
  local before
  before=$(fingerprint /home/alice)
  ssh_as alice true
  same "the home" "$before" "$(fingerprint /home/alice)"
  lacks syslog claude-auth-sync "$(logged)"
}

case_root_is_left_alone() {
  install -d -m 0700 /root/.ssh
  cp "$inside/key.pub" /root/.ssh/authorized_keys
  ssh_as root true
  absent /root/.local
}
