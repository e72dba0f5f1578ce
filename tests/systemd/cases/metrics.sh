# shellcheck shell=bash
# What claude-auth-metrics writes for node_exporter, and that it can write nothing else.

readonly textfiles=/srv/textfiles

# A fleet (cases/provision.sh), and a directory of node_exporter's elsewhere, which a drop-in names.
fleet_with_metrics() {
  provisioned_fleet
  rm -rf "$textfiles"
  mkdir "$textfiles"
  drop_in claude-auth-metrics.service <<END
[Service]
Environment=METRICS=$textfiles/claude-auth.prom
ReadWritePaths=$textfiles
END
}

case_metrics_are_written_for_everybody_to_read() {
  fleet_with_metrics
  systemctl start claude-auth-metrics.service || fail "$(journalctl -u claude-auth-metrics)"
  stop_vault
  same "what is there" "claude-auth.prom 644" "$(cd "$textfiles" && stat -c '%n %a' -- *)"
  local name text
  text=$(<"$textfiles/claude-auth.prom")
  for name in alice bob dan; do
    contains "metrics" "claude_auth_answered{user=\"$name\"} 1" "$text"
    contains "metrics" "claude_auth_units_on{user=\"$name\"} 1" "$text"
    contains "metrics" "claude_auth_last_result{user=\"$name\",status=\"OK\"} 1" "$text"
    contains "metrics" "claude_auth_vault_token_expires_timestamp_seconds{user=\"$name\"} " "$text"
  done
}

case_metrics_unit_lets_users_write_nothing() {
  fleet_with_metrics
  local before
  before=$(fingerprint /home /etc /var/lib/claude-auth-sync)
  systemctl start claude-auth-metrics.service || fail "$(journalctl -u claude-auth-metrics)"
  stop_vault
  same "files" "$before" "$(fingerprint /home /etc /var/lib/claude-auth-sync)"
}

case_metrics_go_on_without_a_server() {
  fleet_with_metrics
  stop_vault
  systemctl start claude-auth-metrics.service || fail "$(journalctl -u claude-auth-metrics)"
  contains "metrics" 'claude_auth_answered{user="alice"} 1' "$(<"$textfiles/claude-auth.prom")"
}

case_metrics_that_cannot_be_written_fail_the_unit() {
  fleet_with_metrics
  rm -r "$textfiles"
  ! systemctl start claude-auth-metrics.service 2>/dev/null || fail "the unit went well"
  stop_vault
}
