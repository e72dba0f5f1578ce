# shellcheck shell=bash
# The real client inside claude-auth-sync@.service, against the fake Claude service.

# start_claude_service: the fake service, and the unit's way to it.
start_claude_service() {
  local line
  exec {service_output}< <(exec "$inside/build/tests/claude/fake-claude-service" \
    "$inside/claude-ca.pem" 3600000)
  service_pid=$!
  read -r claude_address <&"$service_output"
  printf '[Service]\n' >"$inside/claude.conf"
  for _ in proxy authority; do
    read -r line <&"$service_output"
    printf 'Environment=%s\n' "$line" >>"$inside/claude.conf"
  done
  drop_in claude-auth-sync@.service <"$inside/claude.conf"
}

# log_in: alice logs in there, and is backed up.
log_in() {
  note_account alice
  curl --silent --show-error --fail --cacert "$inside/claude-ca.pem" --request POST \
    "$claude_address/v1/double/logins" |
    sed -e '1s/^/{"claudeAiOauth": /; $s/$/}/' | put alice "$(credentials_path alice)"
  sync_as alice backup
}

# with_each_client COMMAND...: runs it once with each real client as the configured one.
with_each_client() {
  local client
  [[ -e $inside/client-1 ]] || skip "$(cat "$inside/clients")"
  start_claude_service
  for client in "$inside"/client-*; do
    configure 'store = local' "claude_path = $client"
    "$@"
  done
  kill "$service_pid"
}

accepted_in_the_unit() {
  log_in
  systemctl start "$sync" || fail "the sync failed"
  contains "last line" "user=alice OK" "$(logged | tail -n 1)"
}

case_real_client_answers_inside_the_unit() { with_each_client accepted_in_the_unit; }

refreshed_in_the_unit() {
  log_in
  as alice sed -i 's/"expiresAt": *[0-9]*/"expiresAt": 1000/' "$(credentials_path alice)"
  local before
  before=$(tokens)
  systemctl start "$sync" || fail "the sync failed"
  contains "last line" "user=alice OK login backed up" "$(logged | tail -n 1)"
  differs "the tokens" "$before" "$(tokens)"
}

tokens() { grep -o '"\(access\|refresh\)Token": *"[^"]*"' "$(credentials_path alice)"; }

case_real_client_refreshes_inside_the_unit() { with_each_client refreshed_in_the_unit; }
