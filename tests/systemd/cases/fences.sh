# shellcheck shell=bash
# What the two services cannot see and do, and what they have to be able to. Each case is about
# both units.

# in_both COMMAND CHECK...: runs CHECK with what COMMAND prints in each unit as its last argument.
in_both() {
  local command=$1 kind
  shift
  for kind in sync watch; do "$@" "$(inside_unit "$kind" "$command")"; done
}

case_unit_runs_as_its_user() {
  in_both "id -un; pwd; echo \$HOME" same "user, directory, home" $'alice\n/\n/home/alice'
}

case_unit_has_no_capabilities() {
  in_both "grep -h -E \"^Cap|^NoNewPrivs\" /proc/self/status | tr -s \"[:space:]\" \" \"" same \
    "capabilities" "$(
      printf '%s: 0000000000000000 ' CapInh CapPrm CapEff CapBnd CapAmb
      printf 'NoNewPrivs: 1 '
    )"
}

case_unit_sees_no_other_home() {
  echo private >/root/private
  echo private | put bob /home/bob/private
  chmod 0755 /root
  in_both "ls /home /root /run/user" same "homes" $'/home:\nalice\n\n/root:\n\n/run/user:'
}

case_unit_writes_its_home() { in_both "touch /home/alice/new && echo made" same "touch" made; }

case_unit_can_take_claudes_second_lock() {
  in_both "mkdir /home/alice/.claude.lock && rmdir /home/alice/.claude.lock && echo taken" same \
    "the lock beside ~/.claude" taken
}

case_unit_writes_nothing_else() {
  install -d -m 1777 /srv/for-all /etc/for-all /var/for-all
  in_both "touch /srv/for-all/x; touch /etc/for-all/x; touch /var/for-all/x" \
    same "the refusals" "$(printf "touch: cannot touch '/%s/for-all/x': Read-only file system\n" srv etc var)"
  rmdir /srv/for-all /etc/for-all /var/for-all
}

case_unit_has_a_tmp_of_its_own() {
  as bob touch /tmp/of-bob
  in_both "ls /tmp; touch /tmp/x" same /tmp ''
  rm /tmp/of-bob
}

case_unit_sees_no_other_process() {
  in_both "cat /proc/1/comm" contains "process 1" 'No such file or directory'
}

case_unit_reaches_the_journal() {
  in_both "logger -t test-unit from the unit && echo logged" same logger logged
  journalctl --sync
  same "the lines' users" "$(id -u alice)" \
    "$(journalctl --output=verbose --identifier=test-unit --after-cursor="$cursor" |
      sed -n 's/^ *_UID=//p' | sort -u)"
}

# as_carol COMMAND...: in her home, which is not below /home.
as_carol() {
  setpriv --reuid carol --regid carol --init-groups --reset-env \
    env -C "$home_elsewhere" HOME="$home_elsewhere" PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

case_home_elsewhere_works_by_a_drop_in() {
  drop_in claude-auth-sync@.service </usr/share/doc/pam_claude/examples/home-elsewhere.conf
  as_carol mkdir -p .claude .local/bin
  credentials one | as_carol bash -c 'umask 077; cat >.claude/.credentials.json'
  as_carol bash -c 'cat >.local/bin/claude; chmod 0755 .local/bin/claude' <<<$'#!/bin/sh\necho AUTH_OK'
  as_carol claude-auth-sync backup 2>/dev/null
  systemctl start claude-auth-sync@carol.service
  contains log "user=carol OK login unchanged" "$(logged)"
}
