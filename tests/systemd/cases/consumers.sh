# shellcheck shell=bash
# Who uses a login without a PAM session: system services, systemd --user, launchers.

readonly consumer=test-serve@alice.service

# token_of_alice: a setup token in force.
token_of_alice() { sync_as alice setup-token set --no-check <<<"$setup_token"; }

# new_consumer: a service of the system that writes down its environment and stays, started by
# the example drop-in.
new_consumer() {
  cat >/usr/local/bin/t3-serve <<'END'
#!/bin/sh
env >"$HOME/environment"
systemd-notify --ready
exec sleep infinity
END
  chmod 0755 /usr/local/bin/t3-serve
  new_unit test-serve@.service <<'END'
[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/local/bin/t3-serve
END
  drop_in test-serve@.service </usr/share/doc/pam_claude/examples/t3-serve-claude.conf
}

case_service_gets_the_token_by_exec() {
  token_of_alice
  new_consumer
  systemctl start "$consumer"
  contains environment "CLAUDE_CODE_OAUTH_TOKEN=$setup_token" "$(cat /home/alice/environment)"
}

case_service_runs_without_a_token() {
  new_consumer
  systemctl start "$consumer"
  lacks environment CLAUDE_CODE_OAUTH_TOKEN "$(cat /home/alice/environment)"
}

case_token_of_a_service_is_on_no_command_line() {
  token_of_alice
  new_consumer
  systemctl start "$consumer"
  lacks "the command lines" "$setup_token" "$(cat /proc/[0-9]*/cmdline | tr '\0' ' ')"
}

case_token_of_a_service_is_not_shown_by_systemctl() {
  token_of_alice
  new_consumer
  systemctl start "$consumer"
  lacks "systemctl show" "$setup_token" "$(systemctl show "$consumer"; systemctl status "$consumer")"
}

case_restarted_service_has_the_new_token() {
  token_of_alice
  new_consumer
  systemctl start "$consumer"
  sync_as alice setup-token set --no-check <<<"$setup_token-2"
  systemctl restart "$consumer"
  contains environment "CLAUDE_CODE_OAUTH_TOKEN=$setup_token-2"$'\n' "$(cat /home/alice/environment)"
}

# secret_through_symlink: a secret of root's, and alice's env file leads to it.
secret_through_symlink() {
  install -m 0600 /dev/stdin /etc/secret-of-root <<<'SECRET_OF_ROOT=made-up'
  as alice bash -c 'mkdir -p ~/.config/claude-auth-sync &&
    ln -s /etc/secret-of-root ~/.config/claude-auth-sync/claude-oauth.env'
}

# Why ours goes by exec: this is what systemd does with EnvironmentFile= of a system unit.
case_environment_file_of_a_system_unit_reads_through_a_symlink() {
  secret_through_symlink
  new_consumer
  rm -r /run/systemd/system/test-serve@.service.d
  drop_in test-serve@.service <<'END'
[Service]
User=%i
EnvironmentFile=-/home/%i/.config/claude-auth-sync/claude-oauth.env
END
  systemctl start "$consumer"
  contains "what alice sees" SECRET_OF_ROOT=made-up "$(cat /home/alice/environment)"
}

case_exec_reads_nothing_through_a_symlink() {
  secret_through_symlink
  new_consumer
  systemctl start "$consumer"
  lacks "what alice sees" SECRET_OF_ROOT "$(cat /home/alice/environment)"
}

case_doctor_names_a_unit_that_reads_below_a_home() {
  mkdir -p /etc/systemd/system/test-serve@.service.d
  cat >/etc/systemd/system/test-serve@.service.d/environment.conf <<'END'
[Service]
EnvironmentFile=-/home/%i/.config/claude-auth-sync/claude-oauth.env
END
  as alice claude-auth-sync doctor >"$inside/said" 2>&1 || true
  rm -r /etc/systemd/system/test-serve@.service.d
  contains "what doctor says" \
    'WARN  /etc/systemd/system/test-serve@.service.d/environment.conf has an EnvironmentFile= below a home' \
    "$(said)"
}

# user_systemctl COMMAND...: of alice's own manager.
user_systemctl() { as alice XDG_RUNTIME_DIR="/run/user/$(id -u alice)" systemctl --user "$@"; }

# start_user_manager: that of alice, which is not logged in (linger).
start_user_manager() { systemctl start "user@$(id -u alice).service"; }

case_user_manager_has_the_token() {
  token_of_alice
  start_user_manager
  contains "its environment" "CLAUDE_CODE_OAUTH_TOKEN=$setup_token" "$(user_systemctl show-environment)"
}

case_user_manager_takes_a_new_token_at_daemon_reload() {
  start_user_manager
  lacks "its environment" CLAUDE_CODE_OAUTH_TOKEN "$(user_systemctl show-environment)"
  token_of_alice
  user_systemctl daemon-reload
  contains "its environment" "CLAUDE_CODE_OAUTH_TOKEN=$setup_token" "$(user_systemctl show-environment)"
}

case_user_unit_gets_the_token_by_its_environment_file() {
  token_of_alice
  # Without the generator, so that it is the file that brings it.
  mkdir -p /etc/systemd/user-environment-generators
  ln -s /dev/null /etc/systemd/user-environment-generators/60-claude-auth
  put alice /home/alice/.config/systemd/user/agent.service \
    </usr/share/doc/pam_claude/examples/claude-agent-user.service
  put alice /home/alice/bin/agent <<<$'#!/bin/sh\nenv >~/environment'
  chmod 0755 /home/alice/bin/agent
  put alice /home/alice/.config/systemd/user/agent.service.d/once.conf <<<$'[Service]\nType=oneshot'
  start_user_manager
  user_systemctl start agent.service
  rm /etc/systemd/user-environment-generators/60-claude-auth
  contains environment "CLAUDE_CODE_OAUTH_TOKEN=$setup_token" "$(cat /home/alice/environment)"
}
