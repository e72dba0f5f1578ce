# shellcheck shell=bash
# Each of Claude's three locks in the hands of a client that died, and of one that is stuck, when a
# login is to be healed by `login`, `sync` and `watch`.

pause_a_little() { read -r -t 0.05 <> <(:) || true; }

# held LOCK HOLDER: a client has it: `dead` for two minutes now, `stuck` since just now, or `slow`, who
# has it for two minutes, too, but lives and has written his name beside it, as version 2.1 does.
held() {
  as alice mkdir "$1"
  case $2 in
    dead) as alice touch --date='2 minutes ago' "$1" ;;
    slow)
      as alice touch --date='2 minutes ago' "$1"
      echo "{\"pid\": $$}" | put alice "$1.owner"
      ;;
  esac
}

let_go() { rm -rf "$1" "$1.owner"; }

# work JOB: one login or sync; `watch` runs already.
work() {
  case $1 in
    login) su -l alice -c true ;;
    sync) sync_as alice sync || true ;;
  esac
}

# healed_within SECONDS
healed_within() {
  local limit=$(($(now_ms) + $1 * 1000))
  until [[ $(generation_of alice) == "$generation" ]]; do
    (($(now_ms) < limit)) || return 1
    pause_a_little
  done
}

# row JOB LOCK HOLDER: a row of docs/reliability.md.
row() {
  local job=$1 lock=$2 holder=$3 start milliseconds
  generation=$job-$((++rows))
  write_credentials alice "$generation"
  sync_as alice backup || fail "$(said)"
  if [[ $job == watch ]]; then
    forget_syslog
    exec {watch_output}< <(as alice bash -c 'echo $$; exec claude-auth-sync watch 2>/dev/null')
    watch_job=$!
    read -r watch <&"$watch_output"
    until logged | grep -q 'OK login'; do pause_a_little; done
  fi
  held "$lock" "$holder"
  wipe_credentials alice
  forget_syslog
  start=$(now_ms)
  work "$job"
  if [[ $holder == dead ]]; then
    healed_within 20 || fail "$job does not heal over the $lock of a dead client"
    milliseconds=$(($(now_ms) - start))
    outcome="healed in $milliseconds ms"
  else
    [[ $job != watch ]] || until logged | grep -q 'not healed yet'; do pause_a_little; done
    milliseconds=$(($(now_ms) - start))
    outcome="left alone in $milliseconds ms, healed once it was released"
    same "$job: the login while $lock is held" wiped "$(generation_of alice)"
    [[ $job != sync ]] || contains "the sync's line" "WARN the login is not restored yet: " "$(said)"
    [[ -d $lock ]] || fail "$job: $lock was taken from its $holder owner"
    let_go "$lock"
    work "$job"
    healed_within 20 || fail "$job does not heal once $lock is released"
  fi
  if [[ $job == watch ]]; then
    kill -TERM "$watch"
    wait "$watch_job" || fail "the watch ended with $?"
  fi
  at_most "milliseconds of $job with $lock of a $holder client" "${patience[$job]}" "$milliseconds"
  same "locks left" '' "$(find /home/alice -type d -name '*.lock')"
  let_go "$lock"
  echo "figure: | \`$job\` | \`${lock#/home/alice/}\` | $holder | $outcome |"
}

prove_locks() {
  local rows=0 generation job lock outcome watch watch_job watch_output
  local locks=(/home/alice/.claude/.oauth_refresh.lock)
  # In milliseconds: a login has its deadline, and su; a sync, whom nobody waits for, a minute.
  local -A patience=([login]=3000 [sync]=65000 [watch]=15000)
  [[ $1 != full ]] ||
    locks+=(/home/alice/.claude.lock /home/alice/.claude/.storage-write.lock)
  configure 'store = local' 'fresh_for = 0' 'retry_after = 0'
  put alice /home/alice/.local/bin/claude <<<$'#!/bin/sh\necho AUTH_OK'
  chmod 0755 /home/alice/.local/bin/claude
  pam_line su timeout=2000 refresh_timeout=1000
  note_account alice
  echo 'figure: | job | lock | its client is | outcome |'
  echo 'figure: | --- | --- | --- | --- |'
  for job in login sync watch; do
    for lock in "${locks[@]}"; do
      row "$job" "$lock" dead
      [[ $1 == full || $job != sync ]] || continue
      row "$job" "$lock" stuck
      # Only the refresh lock has a name beside it.
      [[ $lock != *refresh* ]] || row "$job" "$lock" slow
    done
  done
}
