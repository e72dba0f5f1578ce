# shellcheck shell=bash
# What systemd does in the tests, and what can be seen of it. Units and drop-ins of a case lie in
# /run/systemd/system.

readonly home_elsewhere=/srv/people/carol

# As if nobody had done anything: no configuration, no units of a case, empty homes. $cursor marks
# this moment in the journal.
fresh_machine() {
  systemctl stop 'claude-auth-*@*' 'test-*' 'user@*' 2>/dev/null || true
  systemctl reset-failed
  rm -rf /run/systemd/system /etc/claude-auth-sync.conf /etc/claude-auth-sync.roster.yaml
  rm -rf /etc/systemd/system/*.wants/claude-auth-* /var/lib/claude-auth-sync
  mkdir /run/systemd/system
  systemctl daemon-reload
  # Readable, so that what a unit cannot see is the unit's doing.
  local person
  for person in alice bob dan; do fresh_home "$person" "/home/$person"; done
  fresh_home carol "$home_elsewhere"
  # The journalctl of systemd 252 passes over the first entry that a filter lets through, unless the
  # cursor is such an entry itself.
  echo "a case begins" | systemd-cat --identifier=claude-auth-sync
  journalctl --sync
  cursor=$(journalctl --quiet --lines=1 --show-cursor --identifier=claude-auth-sync |
    sed -n 's/^-- cursor: //p')
}

# fresh_home NAME PATH
fresh_home() {
  rm -rf "$2"
  mkdir -p "${2%/*}"
  install -d -m 0755 -o "$1" -g "$1" "$2"
}

# drop_in UNIT: standard input becomes a drop-in of it. A later one adds to it.
drop_in() {
  mkdir -p "/run/systemd/system/$1.d"
  cat >>"/run/systemd/system/$1.d/test.conf"
  systemctl daemon-reload
}

# new_unit UNIT: standard input becomes the unit.
new_unit() {
  cat >"/run/systemd/system/$1"
  systemctl daemon-reload
}

property() { systemctl show --property="$2" --value "$1"; }

# claude_of NAME: standard input becomes the user's `claude`.
claude_of() {
  put "$1" "/home/$1/.local/bin/claude"
  chmod 0755 "/home/$1/.local/bin/claude"
}

accepting_claude_of() { claude_of "$1" <<<$'#!/bin/sh\necho AUTH_OK'; }

rejecting_claude_of() {
  claude_of "$1" <<<$'#!/bin/sh\necho "Failed to authenticate. API Error: 401"\nexit 1'
}

# Our own lines of this case.
logged() {
  journalctl --sync
  journalctl --quiet --output=cat --identifier=claude-auth-sync --after-cursor="$cursor"
}

# until_logged PATTERN: waits for a line of ours that matches the glob, half a minute at most.
until_logged() {
  local line follower
  exec {journal}< <(exec journalctl --quiet --output=cat --identifier=claude-auth-sync \
    --after-cursor="$cursor" --follow --no-tail)
  follower=$!
  while read -r -t 30 line <&"$journal"; do
    # shellcheck disable=SC2053 # a pattern
    [[ $line != $1 ]] || break
  done
  kill "$follower"
  exec {journal}<&-
  # shellcheck disable=SC2053
  [[ $line == $1 ]] || fail "no line $1 was logged"
}

# logged_at PATTERN: when the first line of ours that contains PATTERN was logged, epoch ms.
logged_at() {
  journalctl --sync
  journalctl --quiet --output=short-unix --identifier=claude-auth-sync --after-cursor="$cursor" |
    grep -m 1 -F "$1" | sed 's/^\([0-9]*\)\.\([0-9]\{3\}\).*/\1\2/'
}

# until_is UNIT PROPERTY VALUE: waits until it is so, half a minute at most.
until_is() {
  local limit=$((SECONDS + 30))
  until [[ $(property "$1" "$2") == "$3" ]]; do
    ((SECONDS < limit)) || fail "$2 of $1 is $(property "$1" "$2"), not $3"
    # The manager has no command that waits for this.
    read -r -t 0.02 <> <(:) || true
  done
}

# until_gone PID: waits until that process has ended, half a minute at most.
until_gone() { timeout 30 tail --pid="$1" -f /dev/null || fail "process $1 has not ended"; }

# inside_unit KIND COMMAND: what COMMAND, a shell line without single quotes, prints in place of
# claude-auth-KIND@alice's own program, with the same fences around it.
inside_unit() {
  drop_in "claude-auth-$1@.service" <<END
[Service]
Type=oneshot
Restart=no
ExecStart=
ExecStart=/bin/sh -c '{ $2; } >"\$HOME/printed" 2>&1 || true'
END
  systemctl start "claude-auth-$1@alice.service"
  rm -r "/run/systemd/system/claude-auth-$1@.service.d"
  cat /home/alice/printed
}

# calls UNIT: UNIT's OnFailure= is test-called@USER.service, active once it was called.
calls() {
  new_unit test-called@.service <<'END'
[Service]
Type=oneshot
ExecStart=/bin/true
RemainAfterExit=yes
END
  drop_in "$1" <<<$'[Unit]\nOnFailure=test-called@%i.service'
}
