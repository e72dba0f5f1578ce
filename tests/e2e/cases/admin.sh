# shellcheck shell=bash
# The admin's side on a machine with the distribution's own PAM stacks and units.

# doctor_says LINE: a line of claude-auth-admin's doctor, whatever its exit status.
doctor_says() { contains "what doctor says" "$1" "$(claude-auth-admin doctor || true)"; }

case_doctor_finds_the_module_where_it_stands() {
  doctor_says 'OK    the module is /usr/lib/'
  doctor_says 'OK    pam_claude is in the session stack of sshd (/etc/pam.d/sshd:'
  doctor_says 'OK    pam_claude is in the session stack of su-l (/etc/pam.d/su:'
  doctor_says 'OK    the units are installed'
}

case_doctor_fails_where_a_login_would_not_be_looked_after() {
  without_module sshd
  doctor_says 'FAIL  pam_claude is not in the session stack of sshd'
  ! claude-auth-admin doctor >"$inside/said"
}

case_misspelt_command_is_named() {
  local status=0
  claude-auth-admin stauts >"$inside/said" 2>&1 || status=$?
  same "exit status" 2 "$status"
  contains "what was said" stauts "$(said)"
}
