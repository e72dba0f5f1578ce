# shellcheck shell=bash
# Many at one login at once, in one user's home: logins, syncs, watches, and clients that rotate it;
# and clients that died or are stuck with Claude's locks in their hands.

readonly jobs=$inside/jobs gate=$inside/gate

# start_gated NAME COMMAND...: COMMAND begins when the gate is opened; its output is $jobs/NAME.
start_gated() {
  local name=$1
  shift
  (flock --shared "$gate" true && exec "$@") >"$jobs/$name" 2>&1 </dev/null &
  pids[$name]=$!
}

# A client that refreshes: reads the login under Claude's three locks and writes the next generation.
# Version 2.1 gives up after five tries a second apart; this one tries on until it has them.
write_client() {
  put alice "$jobs/client" <<'END'
#!/bin/bash
cd || exit
locks=(.claude/.oauth_refresh.lock .claude.lock .claude/.storage-write.lock)
pause() { read -r -t 0.01 <> <(:) || true; }
until mkdir "${locks[0]}" 2>/dev/null; do pause; done
until mkdir "${locks[1]}" 2>/dev/null; do pause; done
until mkdir "${locks[2]}" 2>/dev/null; do pause; done
text=$(<.claude/.credentials.json)
[[ $text =~ TEST-refresh-rotation-([0-9]+) ]] || { echo "no login: $text"; status=1; }
old=rotation-${BASH_REMATCH[1]} new=rotation-$((BASH_REMATCH[1] + 1))
printf '%s\n' "${text//"$old"\"/"$new"\"}" >".claude/.credentials.json.$$"
mv -T ".claude/.credentials.json.$$" .claude/.credentials.json
rmdir "${locks[2]}" "${locks[1]}" "${locks[0]}"
exit "${status-0}"
END
  chmod 0755 "$jobs/client"
}

# observe: looks at the file over and over until $inside/seen-enough is there; prints how often, and
# each time it was not a whole login of some rotation.
observe() {
  local looks=0 text
  while [[ ! -e $inside/seen-enough ]]; do
    text=$(<"$(credentials_path alice)") 2>/dev/null
    [[ $text =~ TEST-access-(rotation-[0-9]+)\" && $text == *"TEST-refresh-${BASH_REMATCH[1]}\""* &&
      $text == '{'*TEST-mcp*'}' ]] || echo "not whole: $text"
    looks=$((looks + 1))
    read -r -t 0.005 <> <(:) || true
  done
  echo "looks $looks"
}

# lines_of KIND: the status lines of all jobs of that kind, WARN and RECOVERED too.
lines_of() { cat "$jobs/$1"-* | grep -E '^(OK|SKIP|WARN|RECOVERED|FAIL) '; }

# Generations of the local store's documents, oldest first.
stored_rotations() {
  find /home/alice/.local/share/claude-auth-sync/store -name '*.json' | sort -V |
    xargs sed -n 's/.*sk-ant-ort01-TEST-refresh-rotation-\([0-9]*\).*/\1/p'
}

left_behind() {
  find /home/alice \( -type d -name '*.lock' -o -name '*.tmp*' -o -name '.credentials.json.*' \) -print
}

alices_processes() {
  find /proc -maxdepth 1 -name '[0-9]*' -user alice -printf '%f\n' 2>/dev/null
}

# all_at_once NUMBER: that many of each of the four kinds.
all_at_once() {
  local number=$1 i kind failed=0 observer watch
  declare -A pids=()
  : >"$gate"
  exec {held}<"$gate"
  flock --exclusive "$held"
  for ((i = 0; i < number; i++)); do
    start_gated "login-$i" su -l alice -c 'echo a shell'
    start_gated "sync-$i" setpriv --reuid alice --regid alice --init-groups --reset-env \
      env -C /home/alice HOME=/home/alice USER=alice PATH=/usr/bin:/bin claude-auth-sync sync
    start_gated "watch-$i" setpriv --reuid alice --regid alice --init-groups --reset-env \
      env -C /home/alice HOME=/home/alice USER=alice PATH=/usr/bin:/bin claude-auth-sync watch
    start_gated "client-$i" setpriv --reuid alice --regid alice --init-groups --reset-env \
      env HOME=/home/alice PATH=/usr/bin:/bin "$jobs/client"
  done
  observe >"$inside/observed" &
  observer=$!
  flock --unlock "$held"
  for kind in login sync client; do
    for ((i = 0; i < number; i++)); do
      wait "${pids[$kind-$i]}" || { failed=$((failed + 1)) && cat "$jobs/$kind-$i" >&2; }
    done
  done
  same "jobs that failed" 0 "$failed"
  : >"$inside/seen-enough"
  wait "$observer"
  lacks "what was seen of the file" "not whole" "$(head -c 2000 "$inside/observed")"

  same "the generation at the end" "rotation-$number" "$(generation_of alice)"
  same "logins with a shell" "$number" "$(cat "$jobs"/login-* | grep -c 'a shell')"
  same "final lines of the syncs" "$number" "$(lines_of sync | grep -c -v -E '^(WARN|RECOVERED) ')"
  # Who has a deadline of seconds and gets no processor until then says so.
  out_of_time=$(logged | grep -c 'user=alice WARN .*change.lock: another job held this lock .*what is here stays' || true)
  same "failures" 0 "$(logged | grep -c 'user=alice FAIL' || true)"
  lacks "the log" "a stale copy" "$(logged | grep RECOVERED || true)"
  the_watches_see_the_end "$number"
}

# The watches live on: they back the newest login up, heal it once, and end.
the_watches_see_the_end() {
  local i limit=$((SECONDS + 120)) status=0
  until [[ $(stored_rotations | tail -n 1) == "$1" ]]; do
    ((SECONDS < limit)) || fail "the store has $(stored_rotations | tail -n 1), not the last rotation"
    read -r -t 0.1 <> <(:) || true
  done
  forget_syslog
  wipe_credentials alice
  until [[ $(generation_of alice) == "rotation-$1" ]]; do
    ((SECONDS < limit)) || fail "the wiped login was not healed: $(generation_of alice)"
    read -r -t 0.1 <> <(:) || true
  done
  for ((i = 0; i < $1; i++)); do kill -TERM "${pids[watch-$i]}"; done
  for ((i = 0; i < $1; i++)); do wait "${pids[watch-$i]}" || status=$?; done
  same "status of the watches" 0 "$status"
  heals=$(logged | grep -c 'user=alice RECOVERED')
  same "times that it was healed" 1 "$heals"
  same "the store's rotations, never an older one after a newer" "$(stored_rotations | sort -n)" \
    "$(stored_rotations)"
  same "left behind" '' "$(left_behind)"
  same "processes of alice" '' "$(alices_processes)"
}

prove_together() {
  local number=10 looks heals out_of_time
  [[ $1 != full ]] || number=50
  mkdir -m 0777 "$jobs"
  configure 'store = local' 'fresh_for = 0'
  write_client
  put alice /home/alice/.local/bin/claude <<<$'#!/bin/sh\necho AUTH_OK'
  chmod 0755 /home/alice/.local/bin/claude
  note_account alice
  write_credentials alice rotation-0
  sync_as alice backup || fail "$(said)"
  all_at_once "$number"
  looks=$(sed -n 's/^looks //p' "$inside/observed")
  echo "figure: | at once, of one user | rotations | lost | looks at the file | not whole | syncs that worked, skipped | logins out of time | heals of one wipe by all watches |"
  echo "figure: | --- | --- | --- | --- | --- | --- | --- | --- |"
  echo "figure: | $number logins, $number syncs, $number watches, $number clients | $number | 0 | $looks | 0 | $(lines_of sync | grep -c '^OK'), $(lines_of sync | grep -c '^SKIP') | $out_of_time | $heals |"
}
