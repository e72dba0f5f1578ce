# shellcheck shell=bash
# A roster in, a fleet that looks after itself out: claude-auth-admin under a real manager.

readonly roster=/etc/claude-auth-sync.roster.yaml

# Three people with a login and a claude that takes it, a server, and a roster of the three.
fleet() {
  local name
  start_server
  : >"$roster"
  echo 'users:' >>"$roster"
  for name in alice bob dan; do
    printf '  %s: {claude_auth: true}\n' "$name" >>"$roster"
    note_account "$name"
    write_credentials "$name" one
    accepting_claude_of "$name"
  done
}

# admin COMMAND...: claude-auth-admin with the server's root token; its words are kept for `said`.
admin() { VAULT_TOKEN=$vault_root claude-auth-admin "$@" >"$inside/said" 2>&1; }

token_file() { echo "/home/$1/.config/claude-auth-sync/vault-token"; }

# units_of NAME: whether timer and watch are enabled and active.
units_of() {
  local unit
  for unit in "claude-auth-sync@$1.timer" "claude-auth-watch@$1.service"; do
    printf '%s %s ' "$(systemctl is-enabled "$unit" 2>/dev/null)" "$(property "$unit" ActiveState)"
  done
}

readonly units_on="enabled active enabled active " units_off="disabled inactive disabled inactive "

# Provisioned, and the watch of each has taken the login and backed it up.
provisioned_fleet() {
  local name
  fleet
  admin provision || fail "$(said)"
  for name in alice bob dan; do until_logged "user=$name OK login backed up*"; done
}

# The PAM line in a real sshd's stack, and the key of each of them.
open_sshd() {
  local name
  [[ -e $inside/key ]] || make_keys
  for name in alice bob dan; do let_in "$name"; done
  pam_line sshd
  start_sshd
}

close_sshd() {
  kill "$(</run/sshd.pid)"
  without_module sshd
}

# How many requests that could change something the server has had.
writes() {
  if [[ ${SERVER:-} == real ]]; then
    echo "not counted: provision_real_test has a proxy for that"
  else
    vault_api GET sys/double/stats | sed -n 's/.*"writes" *: *\([0-9]*\).*/\1/p'
  fi
}

case_provisioned_users_log_in_and_are_healthy() {
  provisioned_fleet
  open_sshd
  local name
  for name in alice bob dan; do
    # Its watch would heal the login before there is a session to do it.
    systemctl stop "claude-auth-watch@$name.service"
    lose_credentials "$name"
    ssh_as "$name" true
    same "generation of $name" one "$(generation_of "$name")"
  done
  close_sshd
  admin provision || fail "$(said)"
  for name in alice bob dan; do systemctl start "claude-auth-sync@$name.service"; done
  admin status --json || fail "not all are well: $(said)"
  stop_vault
  contains "the summary" '"well": 3' "$(said)"
}

case_second_provision_sends_no_write() {
  provisioned_fleet
  local before
  before=$(writes)
  admin provision || fail "$(said)"
  same "writes" "$before" "$(writes)"
  stop_vault
  same "what was said" "3 users: 3 unchanged, 0 changed, 0 failed" "$(said)"
}

case_provision_turns_the_units_on_for_every_boot() {
  provisioned_fleet
  stop_vault
  local name
  for name in alice bob dan; do same "units of $name" "$units_on" "$(units_of "$name")"; done
}

case_deprovision_of_one_leaves_the_others_untouched() {
  provisioned_fleet
  local before token
  token=$(cat "$(token_file alice)")
  before=$(fingerprint "$(token_file bob)" "$(token_file dan)" /var/lib/claude-auth-sync/{bob,dan}.json)
  sed -i '/alice/d' "$roster"
  admin deprovision alice || fail "$(said)"
  same "the line of alice" "alice: OK units disabled; token file removed; 1 token revoked" \
    "$(said | head -n 1)"
  same "units of alice" "$units_off" "$(units_of alice)"
  absent "$(token_file alice)"
  same "units of bob" "$units_on" "$(units_of bob)"
  same "units of dan" "$units_on" "$(units_of dan)"
  same "files of the others" "$before" \
    "$(fingerprint "$(token_file bob)" "$(token_file dan)" /var/lib/claude-auth-sync/{bob,dan}.json)"
  admin provision || fail "$(said)"
  stop_vault
  same "what was said" "2 users: 2 unchanged, 0 changed, 0 failed" "$(said)"
}

case_parked_user_has_no_units() {
  provisioned_fleet
  sed -i 's/alice: {/&parked: true, /' "$roster"
  admin provision || fail "$(said)"
  stop_vault
  same "units of alice" "$units_off" "$(units_of alice)"
  [[ -f $(token_file alice) ]] || fail "alice's token is gone"
}

case_hourly_unit_provisions_with_an_admins_token() {
  fleet
  (umask 077 && echo "$vault_root" >/root/.vault-token)
  drop_in claude-auth-provision.service <<<$'[Service]\nEnvironment=HOME=/root'
  systemctl start claude-auth-provision.service || fail "$(journalctl -u claude-auth-provision)"
  rm /root/.vault-token
  stop_vault
  local name
  for name in alice bob dan; do
    same "owner and mode" "$name 600" "$(stat -c '%U %a' "$(token_file "$name")")"
    same "units of $name" "$units_on" "$(units_of "$name")"
  done
}

case_hourly_unit_without_a_token_does_the_rest() {
  provisioned_fleet
  systemctl disable --quiet --now claude-auth-sync@bob.timer
  rm "$(token_file alice)"
  systemctl start claude-auth-provision.service || fail "$(journalctl -u claude-auth-provision)"
  stop_vault
  same "units of bob" "$units_on" "$(units_of bob)"
  contains "what was said" "alice: WARN token to mint, with an admin's Vault token: there was none" \
    "$(journalctl --quiet --output=cat --unit=claude-auth-provision.service --after-cursor="$cursor")"
}

case_hourly_unit_is_not_started_without_a_roster() {
  systemctl start claude-auth-provision.service
  same "whether its condition held" no \
    "$(property claude-auth-provision.service ConditionResult)"
}

# again_says LINE...: what a second run says, whatever the first one did.
again_says() {
  admin provision || true
  admin provision || true
  same "what the second run said" "$(printf '%s\n' "$@")" "$(said)"
}

case_units_of_people_without_a_login_are_enabled_once() {
  fleet
  local name
  for name in alice bob dan; do lose_credentials "$name"; done
  again_says "3 users: 3 unchanged, 0 changed, 0 failed"
  stop_vault
}

case_units_of_people_who_are_not_enrolled_are_enabled_once() {
  fleet
  configure 'store = local'
  again_says "store = local: there is nothing to provision in Vault" \
    "3 users: 3 unchanged, 0 changed, 0 failed"
  stop_vault
}
