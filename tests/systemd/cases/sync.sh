# shellcheck shell=bash
# claude-auth-sync@.service and its timer under a real manager.

readonly sync=claude-auth-sync@alice.service

# soon: the timer of alice fires in a second.
soon() {
  drop_in claude-auth-sync@.timer <<'END'
[Timer]
OnCalendar=
RandomizedDelaySec=0
OnActiveSec=1
AccuracySec=100ms
END
}

case_timer_starts_a_sync_of_its_user() {
  backed_up alice one
  accepting_claude_of alice
  soon
  systemctl enable --quiet --runtime --now claude-auth-sync@alice.timer
  until_logged 'user=alice OK login unchanged*'
}

case_timer_waits_for_another_six_hours() {
  systemctl start claude-auth-sync@alice.timer
  local now next
  now=$(date +%s)
  next=$(date --date "$(property claude-auth-sync@alice.timer NextElapseUSecRealtime)" +%s)
  # From 00:00, 06:00, 12:00 or 18:00 a moment within six hours: at most twelve from now.
  at_most "seconds until the next sync" $((12 * 3600)) $((next - now))
  at_least "seconds until the next sync" 0 $((next - now))
}

case_sync_backs_up() {
  backed_up alice one
  write_credentials alice two
  accepting_claude_of alice
  systemctl start "$sync"
  contains log "user=alice OK login backed up" "$(logged)"
}

case_sync_heals() {
  backed_up alice one
  accepting_claude_of alice
  lose_credentials alice
  systemctl start "$sync"
  contains log "user=alice RECOVERED" "$(logged)"
  same generation one "$(generation_of alice)"
}

case_status_line_is_logged_once() {
  backed_up alice one
  accepting_claude_of alice
  systemctl start "$sync"
  same log "user=alice OK login unchanged since its backup" "$(logged | tail -n +2)"
}

case_status_line_is_its_users() {
  backed_up alice one
  accepting_claude_of alice
  systemctl start "$sync"
  journalctl --sync
  same "unit and user of the journal's own fields" "$sync $(id -u alice)" \
    "$(journalctl --identifier=claude-auth-sync --lines=1 --output=verbose |
      sed -n 's/^ *_\(SYSTEMD_UNIT\|UID\)=//p' | sort -r | paste -s -d ' ')"
}

case_failed_sync_calls_its_on_failure() {
  backed_up alice one
  rejecting_claude_of alice
  calls claude-auth-sync@.service
  ! systemctl start "$sync" 2>/dev/null || fail "it succeeded: $(logged)"
  until_is test-called@alice.service ActiveState active
}

# start_with_slow_claude: a sync that has come as far as its probe. Standard input is what that
# claude does then; it may wait for somebody to write into /mnt/go.
start_with_slow_claude() {
  rm -f "$inside/probing" "$inside/go"
  mkfifo "$inside/probing" "$inside/go"
  chmod 0666 "$inside/probing" "$inside/go"
  { echo '#!/bin/bash' && cat; } | claude_of alice
  systemctl start --no-block "$sync"
  read -r -t 30 <>"$inside/probing" || fail "nothing was probed"
}

case_stopped_sync_has_not_failed() {
  backed_up alice one
  start_with_slow_claude <<<$'echo >/mnt/probing\nread -r </mnt/go'
  systemctl stop "$sync"
  same "state" inactive "$(property "$sync" ActiveState)"
}

case_stop_lets_a_refresh_end_and_backs_it_up() {
  note_account alice
  write_credentials alice one -5
  sync_as alice backup
  # A TERM would cost it the refresh, as version 2.1.197.
  start_with_slow_claude <<'END'
mkdir ~/.claude/.oauth_refresh.lock
echo >/mnt/probing
read -r </mnt/go
sed -i 's/access-one/access-two/; s/refresh-one/refresh-two/' ~/.claude/.credentials.json
rmdir ~/.claude/.oauth_refresh.lock
echo AUTH_OK
END
  systemctl stop --no-block "$sync"
  until_is "$sync" SubState stop-sigterm
  echo >"$inside/go"
  until_is "$sync" ActiveState inactive
  same "generation, and what was logged of it" "two user=alice OK login backed up" \
    "$(generation_of alice) $(logged | tail -n 1)"
}

case_store_program_keeps_its_own_fences() {
  start_vault
  vault_person alice
  backed_up alice one
  accepting_claude_of alice
  systemctl start "$sync"
  stop_vault
  same log "user=alice OK login unchanged since its backup" "$(logged | tail -n +2)"
}

case_disabled_timer_is_gone() {
  soon
  systemctl enable --quiet --now claude-auth-sync@alice.timer
  systemctl disable --quiet --now claude-auth-sync@alice.timer
  same "state" "disabled inactive" \
    "$(systemctl is-enabled claude-auth-sync@alice.timer) $(property claude-auth-sync@alice.timer ActiveState)"
}
