# shellcheck shell=bash
# claude-auth-watch@.service under a real manager.

readonly watch=claude-auth-watch@alice.service

# watched: alice has a login of generation one, backed up, and her watch has started.
watched() {
  backed_up alice one
  systemctl start "$watch"
}

case_watch_is_active() {
  watched
  same "state" "active running" "$(property "$watch" ActiveState) $(property "$watch" SubState)"
}

# A Secret takes a page or two: this much is its heap and its stack as well.
case_watch_locks_its_memory() {
  watched
  at_least "KiB of the watch that are locked" 128 \
    "$(sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(property "$watch" MainPID)/status")"
}

case_watch_that_cannot_begin_fails_its_start() {
  configure 'store = nowhere'
  ! systemctl start "$watch" 2>/dev/null || fail "the start succeeded"
}

case_watch_with_a_refused_configuration_says_so_once() {
  drop_in claude-auth-watch@.service <<<$'[Service]\nRestartSec=100ms'
  backed_up alice one
  configure 'store = nowhere'
  ! systemctl start "$watch" 2>/dev/null || fail "the start succeeded"
  # Started again, it waits.
  until_is "$watch" ActiveState active
  same "number of FAIL lines" 1 "$(logged | grep -c FAIL)"
  configure 'store = local'
  write_credentials alice two
  until_logged '*OK login backed up*'
  same "restarts" 1 "$(property "$watch" NRestarts)"
}

case_watch_heals_a_wipe_within_a_second() {
  watched
  local wiped
  write_credentials alice two
  until_logged '*OK login backed up*'
  wiped=$(now_ms)
  wipe_credentials alice
  until_logged '*RECOVERED*'
  same generation two "$(generation_of alice)"
  at_most "milliseconds until it was healed" 1000 $(($(logged_at RECOVERED) - wiped))
}

case_watch_heals_a_deleted_file_within_a_second() {
  watched
  local deleted
  write_credentials alice two
  until_logged '*OK login backed up*'
  deleted=$(now_ms)
  lose_credentials alice
  until_logged '*RECOVERED*'
  same generation two "$(generation_of alice)"
  at_most "milliseconds until it was healed" 1000 $(($(logged_at RECOVERED) - deleted))
}

case_watch_backs_a_new_login_up() {
  watched
  write_credentials alice two
  until_logged '*OK login backed up*'
}

case_watch_stops_clean() {
  watched
  systemctl stop "$watch"
  same "state, result, exit status" "inactive success 0" \
    "$(property "$watch" ActiveState) $(property "$watch" Result) $(property "$watch" ExecMainStatus)"
}

case_stopped_watch_leaves_no_lock() {
  watched
  wipe_credentials alice
  until_logged '*RECOVERED*'
  systemctl stop "$watch"
  same "locks" '' "$(find /home/alice -name '*.lock' -type d)"
}

case_watch_restarts_clean() {
  watched
  systemctl restart "$watch"
  same "state" active "$(property "$watch" ActiveState)"
  wipe_credentials alice
  until_logged '*RECOVERED*'
}

case_killed_watch_is_started_again() {
  drop_in claude-auth-watch@.service <<<$'[Service]\nRestartSec=100ms'
  watched
  kill -KILL "$(property "$watch" MainPID)"
  until_is "$watch" NRestarts 1
  until_is "$watch" ActiveState active
}

case_watch_of_one_not_enrolled_ends_without_failure() {
  systemctl start "$watch"
  until_is "$watch" ActiveState inactive
  same "result, restarts" "success 0" "$(property "$watch" Result) $(property "$watch" NRestarts)"
}

# beyond_help: the watch of alice has found a wiped login that neither memory nor store can heal,
# and has ended.
beyond_help() {
  watched
  local first
  first=$(property "$watch" MainPID)
  wipe_credentials alice
  until_logged '*RECOVERED*'
  # A dead generation has one more chance only.
  wipe_credentials alice
  until_logged '*FAIL*'
  until_gone "$first"
}

case_login_beyond_help_calls_on_failure() {
  calls claude-auth-watch@.service
  beyond_help
  until_is test-called@alice.service ActiveState active
}

case_watch_is_back_after_it_called() {
  beyond_help
  until_is "$watch" ActiveState active
  write_credentials alice two
  until_logged '*OK login backed up*'
}

case_login_beyond_help_is_told_once() {
  beyond_help
  until_is "$watch" ActiveState active
  # What it does about a new login shows that it has looked at the old one.
  write_credentials alice two
  until_logged '*OK login backed up*'
  same "number of FAIL lines" 1 "$(logged | grep -c FAIL)"
}

case_stop_ends_the_way_back_as_well() {
  drop_in claude-auth-watch@.timer <<<$'[Timer]\nOnActiveSec=\nOnActiveSec=1h'
  beyond_help
  until_is claude-auth-watch@alice.timer ActiveState active
  systemctl stop "$watch"
  same "the timer" inactive "$(property claude-auth-watch@alice.timer ActiveState)"
}
