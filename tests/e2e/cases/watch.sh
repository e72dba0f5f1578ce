# shellcheck shell=bash
# `claude-auth-sync watch`: a whole life of alice's watch, event by event.

# pause_a_little: before one looks again at what cannot be waited for otherwise.
pause_a_little() { read -r -t 0.02 <> <(:) || true; }

# wait_for SECONDS WHAT COMMAND...: until COMMAND succeeds; WHAT is what did not happen otherwise.
wait_for() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    ((SECONDS <= limit)) || fail "$what: not yet"
    pause_a_little
  done
}

# stays_for SECONDS WHAT COMMAND...: COMMAND succeeds as long as that.
stays_for() {
  local limit=$(($(now_ms) + $1 * 1000)) what=$2
  shift 2
  while (($(now_ms) < limit)); do
    "$@" || fail "$what: no longer"
    pause_a_little
  done
}

has_logged() { logged | grep -qF -- "$1"; }
times_logged() { logged | grep -cF -- "$1" || true; }

holds() { [[ $(generation_of alice) == "$1" ]]; }

# The generation in the store, by its refresh token.
stored_generation() {
  if [[ -n ${vault_address-} ]]; then document_of alice; else
    find /home/alice/.local/share/claude-auth-sync/store -name '*.json' | sort | tail -n 1 | xargs -r cat
  fi 2>/dev/null | sed -n 's/.*sk-ant-ort01-TEST-refresh-\([A-Za-z0-9-]*\).*/\1/p'
}

stores() { [[ $(stored_generation) == "$1" ]]; }

# processes_of_alice: the id and the arguments of each, a line each.
processes_of_alice() {
  local process
  while read -r process; do
    echo "$process $(tr '\0' ' ' 2>/dev/null <"/proc/$process/cmdline")"
  done < <(find /proc -maxdepth 1 -name '[0-9]*' -user alice -printf '%f\n' 2>/dev/null)
}

alice_runs() { [[ $(processes_of_alice) == *"$1"* ]]; }

woken() { sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$watch/status"; }

has_children() { [[ -n $(<"/proc/$watch/task/$watch/children") ]]; }

# until_idle: until the watch has done what there was to do, and sleeps.
until_idle() {
  wait_for 30 "the end of its children" eval '! has_children'
  local last=-1
  until [[ $(woken) == "$last" ]]; do
    last=$(woken)
    for _ in {1..10}; do pause_a_little; done
  done
}

# start_watch: alice's; $watch is its process.
start_watch() {
  exec {watch_output}< <(as alice bash -c 'echo $$; exec claude-auth-sync watch 2>/dev/null')
  watch_job=$!
  read -r watch <&"$watch_output"
}

# watched GENERATION: alice's login is that one, backed up, and her watch holds it in memory.
watched() {
  backed_up alice "$1"
  forget_syslog
  start_watch
  wait_for 30 "the first backup of the watch" has_logged "OK login"
  # Else the end of the backup may be what has it look again.
  until_idle
}

# Ends the watch: $watch_status is its exit status, $watch_took the milliseconds that it took.
end_watch() {
  local start
  before_all_others $$ "$watch"
  start=$(now_ms)
  watch_status=0
  kill -TERM "$watch"
  wait "$watch_job" || watch_status=$?
  watch_took=$(($(now_ms) - start))
}

# write_in_place GENERATION: the file is written in place, as an editor does.
write_in_place() { credentials "$1" | as alice bash -c 'cat >~/.claude/.credentials.json'; }

# stored_within MILLISECONDS COMMAND...: after COMMAND, which writes generation two, it is stored.
stored_within() {
  local limit=$1 start
  shift
  watched one
  before_all_others $$ "$watch"
  start=$(now_ms)
  "$@"
  wait_for 30 "generation two in the store" stores two
  echo "in the store after $(($(now_ms) - start)) ms"
  at_most "milliseconds until it was in the store" "$limit" $(($(now_ms) - start))
}

case_renamed_generation_is_in_the_store_within_seconds() {
  stored_within 5000 write_credentials alice two
}

case_generation_written_in_place_is_in_the_store_within_seconds() {
  stored_within 5000 write_in_place two
}

case_burst_ends_with_the_newest_in_the_store() {
  watched one
  local start=$SECONDS
  # shellcheck disable=SC2016
  as alice bash -c 'cd ~/.claude; for i in {1..200}; do
    echo "${1//GENERATION/burst-$i}" >new; mv -T new .credentials.json; done' \
    burst "$(credentials GENERATION)"
  wait_for 30 "the newest in the store" stores burst-200
  echo "$(times_logged 'OK login backed up') backups in $((SECONDS - start)) s"
  # One is begun a second after the one before it, at the earliest.
  at_most "number of backups" $((SECONDS - start + 2)) "$(times_logged 'OK login backed up')"
}

case_login_reaches_the_store_in_no_argument_and_no_environment() {
  start_vault
  vault_person alice
  watched one
  fault delay '"delay_ms": 10000'
  local process found=''
  write_credentials alice two
  wait_for 30 "the store's program" alice_runs claude-auth-store
  alice_runs 'claude-auth-sync backup' || fail "no backup is under way"
  while read -r process _; do
    if grep -qaF TEST-refresh "/proc/$process/cmdline" "/proc/$process/environ"; then
      found+=" $process"
    fi
  done < <(processes_of_alice)
  same "processes that show it" '' "$found"
}

# healed_within MILLISECONDS COMMAND...: after COMMAND, which breaks the login, it is back.
healed_within() {
  local limit=$1 start healed
  shift
  before_all_others $$ "$watch"
  start=$(now_ms)
  "$@"
  wait_for 30 "the healed login" has_logged "RECOVERED login healed from memory"
  healed=$(stat -c %.3Y "$(credentials_path alice)")
  same generation two "$(generation_of alice)"
  echo "healed after $((${healed/[.,]/} - start)) ms"
  at_most "milliseconds until it was healed" "$limit" $((${healed/[.,]/} - start))
}

case_wiped_login_is_healed_within_a_second() {
  watched two
  healed_within 1000 wipe_credentials alice
}

truncate_credentials() {
  echo '{"claudeAiOauth":{"accessToken":"sk-ant-oat01-TE' | put alice "$(credentials_path alice)"
}

case_malformed_login_is_healed_within_a_second() {
  watched two
  healed_within 1000 truncate_credentials
}

case_stale_copy_is_healed_within_a_second() {
  backed_up alice one
  watched two
  healed_within 1000 write_credentials alice one
}

case_login_wiped_in_place_is_healed_within_a_second() {
  watched two
  # shellcheck disable=SC2016
  healed_within 1000 as alice bash -c 'text=$(cat) && echo "$text" >~/.claude/.credentials.json' \
    <<<'{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}'
}

case_heal_keeps_what_is_not_the_login() {
  watched one
  put alice "$(credentials_path alice)" <<'END'
{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0},
 "mcpOAuth":{"newer":{"accessToken":"TEST-newer"}},"unknown":[1,"\u0000"]}
END
  wait_for 30 "the healed login" holds one
  local text
  text=$(tr -d ' \n' <"$(credentials_path alice)")
  contains "other keys" '"mcpOAuth":{"newer":{"accessToken":"TEST-newer"}}' "$text"
  contains "other keys" '"unknown":[1,"\u0000"]' "$text"
}

case_vanished_login_is_healed_within_a_second() {
  watched two
  healed_within 1000 lose_credentials alice
}

# still_watches: a new login is taken, and healed.
still_watches() {
  write_credentials alice "$1"
  wait_for 30 "the new login in the store" stores "$1"
  until_idle
  wipe_credentials alice
  wait_for 30 "the healed login" holds "$1"
}

case_claude_directory_that_is_made_anew_is_watched() {
  watched one
  rm -r /home/alice/.claude
  still_watches two
}

case_claude_directory_that_vanished_is_back() {
  watched one
  rm -r /home/alice/.claude
  wait_for 30 "the login" holds one
  still_watches two
}

case_claude_directory_behind_a_new_symlink_is_watched() {
  watched one
  as alice bash -c 'mv ~/.claude ~/elsewhere && ln -s elsewhere ~/.claude'
  still_watches two
  same "what ~/.claude is" elsewhere "$(readlink /home/alice/.claude)"
}

case_home_that_was_away_is_watched() {
  watched one
  mv /home/alice /home/away
  wait_for 30 "the line about the missing login" has_logged "not healed yet"
  mv /home/away /home/alice
  still_watches two
}

case_log_out_is_respected() {
  watched one
  log_out alice
  stays_for 5 "the log-out" holds none
  # Claude keeps other things in the file.
  echo '{"mcpOAuth":{}}' | put alice "$(credentials_path alice)"
  stays_for 4 "the log-out" holds broken
  lacks syslog RECOVERED "$(logged)"
}

# log_out_begun: generation one has vanished, and the watch has it back.
log_out_begun() {
  watched one
  lose_credentials alice
  wait_for 30 "the healed login" holds one
}

case_log_out_that_shows_late_is_carried_out() {
  log_out_begun
  remove_account alice
  wait_for 10 "the end of the log-out" holds none
  stays_for 3 "the log-out" holds none
  contains syslog "WARN it was a log-out" "$(logged)"
}

case_late_log_out_is_undone_by_restore() {
  log_out_begun
  remove_account alice
  wait_for 10 "the end of the log-out" holds none
  sync_as alice restore || fail "$(said)"
  stays_for 3 "the restored login" holds one
}

case_log_in_meanwhile_is_no_late_log_out() {
  log_out_begun
  write_credentials alice two
  remove_account alice
  stays_for 5 "the new login" holds two
}

case_login_that_was_paused_after_it_came_back_is_left_alone() {
  log_out_begun
  sync_as alice pause || fail "$(said)"
  remove_account alice
  stays_for 3 "the login" holds one
}

case_log_out_empties_the_memory() {
  watched one
  log_out alice
  stays_for 4 "the log-out" holds none
  # Now only memory could bring it back: a login in the store that is another host's is not taken.
  configure 'store = local' 'host_name = elsewhere'
  note_account alice
  echo '{' | put alice "$(credentials_path alice)"
  wait_for 30 "the line about the login" has_logged "FAIL the login is malformed"
  same generation broken "$(generation_of alice)"
}

case_login_is_healed_once_claudes_lock_is_released() {
  watched one
  as alice mkdir /home/alice/.claude.lock
  wipe_credentials alice
  wait_for 30 "the line about the lock" has_logged "not healed yet"
  same generation wiped "$(generation_of alice)"
  rmdir /home/alice/.claude.lock
  wait_for 5 "the healed login" holds one
}

case_old_lock_of_a_living_process_is_left_to_it() {
  watched one
  local lock=/home/alice/.claude/.oauth_refresh.lock
  as alice mkdir "$lock"
  as alice touch --date='2 minutes ago' "$lock"
  echo "{\"pid\": $$}" | put alice "$lock.owner"
  wipe_credentials alice
  wait_for 30 "the line about the lock" has_logged "not healed yet"
  same generation wiped "$(generation_of alice)"
  # Now it is that of a process that is gone.
  echo '{"pid": 999999}' | put alice "$lock.owner"
  wait_for 10 "the healed login" holds one
}

# Processor time that the watch has had, in milliseconds: proc(5).
watch_worked() {
  local -a fields
  read -ra fields <"/proc/$watch/stat"
  echo $(((fields[13] + fields[14]) * 1000 / $(getconf CLK_TCK)))
}

case_lock_that_is_held_for_long_is_no_busy_loop() {
  watched one
  as alice mkdir /home/alice/.claude/.storage-write.lock
  wipe_credentials alice
  wait_for 30 "the line about the lock" has_logged "not healed yet"
  local before
  before=$(watch_worked)
  stays_for 15 "the wiped login" holds wiped
  echo "$(($(watch_worked) - before)) ms of work in 15 s"
  at_most "milliseconds of work in 15 s" 750 $(($(watch_worked) - before))
  same "lines about it" 1 "$(times_logged 'healed')"
}

case_storm_that_overflows_the_queue_is_survived() {
  watched one
  local changes=20000
  kill -STOP "$watch"
  # shellcheck disable=SC2016
  as alice bash -c 'cd ~/.claude; for ((i = 0; i < $1; i += 2)); do : >"storm-$i"; done
    find . -name "storm-*" -delete' storm "$changes"
  wipe_credentials alice
  kill -CONT "$watch"
  wait_for 30 "the healed login" holds one
  still_watches two
}

case_newest_of_an_outage_is_in_the_store_afterwards() {
  start_vault
  vault_person alice
  watched one
  stop_vault
  local generation
  for generation in two three four; do
    write_credentials alice "$generation"
    wait_for 60 "a backup that fails" has_logged "user=alice FAIL"
    forget_syslog
  done
  # The double keeps nothing, as a Vault that is set up anew.
  start_vault
  vault_person alice
  local start=$SECONDS
  wait_for 40 "the newest in the store" stores four
  echo "in the store $((SECONDS - start)) s after the outage"
}

# beyond_help: alice's watch has found a login that neither memory nor store can heal.
beyond_help() {
  watched one
  wipe_credentials alice
  wait_for 30 "the healed login" holds one
  broken_at=$(now_ms)
  # A dead generation has one more chance only.
  wipe_credentials alice
  wait_for 30 "the line that asks for a person" has_logged "FAIL the login is wiped"
}

case_login_beyond_help_is_told_within_ten_seconds() {
  beyond_help
  echo "told after $(($(now_ms) - broken_at)) ms"
  at_most "milliseconds until it was told" 10000 $(($(now_ms) - broken_at))
  contains "the line" "run \`claude auth login" "$(logged | grep FAIL)"
}

told_once() { [[ $(times_logged FAIL) == 1 ]]; }

case_login_beyond_help_is_told_once() {
  beyond_help
  # The same again, in other bytes.
  echo | as alice tee -a "$(credentials_path alice)" >/dev/null
  stays_for 3 "the one line" told_once
  end_watch
  start_watch
  stays_for 3 "the wiped login" holds wiped
  # What it does about a new login shows that it was there.
  write_credentials alice two
  wait_for 30 "the new login in the store" stores two
  told_once || fail "told $(times_logged FAIL) times"
}

case_login_beyond_help_is_told_at_the_next_login() {
  beyond_help
  contains "what the terminal shows" 'run `claude auth login --claudeai --sso`' \
    "$(ssh -F "$inside/ssh-config" -tt -l alice workstation <<<exit 2>&1)"
}

case_paused_user_is_left_alone_until_resume() {
  watched one
  sync_as alice pause || fail "$(said)"
  write_credentials alice two
  stays_for 3 "the store" stores one
  wipe_credentials alice
  stays_for 2 "the wiped login" holds wiped
  sync_as alice resume || fail "$(said)"
  wait_for 30 "the healed login" holds one
}

case_setup_token_in_force_ends_the_care_for_the_login() {
  watched one
  sync_as alice setup-token set --no-check <<<"$setup_token" || fail "$(said)"
  ssh_as alice true
  write_credentials alice two
  stays_for 3 "the store" stores one
  wipe_credentials alice
  stays_for 3 "the wiped login" holds wiped
  lacks syslog RECOVERED "$(logged)"
}

case_login_is_cared_for_again_without_the_setup_token() {
  watched one
  sync_as alice setup-token set --no-check <<<"$setup_token" || fail "$(said)"
  ssh_as alice true
  wipe_credentials alice
  stays_for 1 "the wiped login" holds wiped
  sync_as alice setup-token remove || fail "$(said)"
  wait_for 10 "the healed login" holds one
}

case_idle_watch_never_wakes_up() {
  watched one
  before_all_others $$ "$watch"
  until_idle
  local before
  before=$(woken)
  stays_for 3 "the watch" kill -0 "$watch"
  same "times that it woke up in 3 s" 0 $(($(woken) - before))
}

case_watch_sleeps_again_after_a_login_came_back() {
  log_out_begun
  before_all_others $$ "$watch"
  # So long it looks for a log-out that shows late.
  stays_for 13 "the healed login" holds one
  local before
  before=$(woken)
  stays_for 3 "the healed login" holds one
  same "times that it woke up in 3 s" 0 $(($(woken) - before))
}

case_watch_needs_little_memory() {
  watched one
  still_watches two
  until_idle
  local kib
  # What is its own alone: Private_Clean and Private_Dirty, proc_pid_smaps(5).
  kib=$(awk '/^Private_(Clean|Dirty):/ { sum += $2 } END { print sum }' "/proc/$watch/smaps_rollup")
  echo "$kib KiB of private memory"
  at_most "KiB of private memory" 4095 "$kib"
}

# nothing_left: neither a process of alice nor a lock of Claude's.
nothing_left() {
  same "processes" '' "$(processes_of_alice)"
  same "locks" '' "$(find /home/alice -type d -name '*.lock')"
}

case_ended_watch_leaves_nothing() {
  watched one
  wipe_credentials alice
  wait_for 30 "the healed login" holds one
  end_watch
  same "exit status" 0 "$watch_status"
  at_most "milliseconds until it ended" 1000 "$watch_took"
  nothing_left
}

case_watch_that_is_ended_during_a_backup_leaves_nothing() {
  start_vault
  vault_person alice
  watched one
  fault hang
  write_credentials alice two
  wait_for 30 "the store's program" alice_runs claude-auth-store
  end_watch
  same "exit status" 0 "$watch_status"
  at_most "milliseconds until it ended" 1000 "$watch_took"
  wait_for 5 "the end of the store's program" eval '! alice_runs claude'
  nothing_left
}
