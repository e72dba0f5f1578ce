# shellcheck shell=bash
# Sessions stay what they are: nothing is said that a program at the other end would stumble over.

# A machine at its most talkative: a login that only a person can bring back.
nothing_can_be_restored() {
  backed_up alice one
  wipe_credentials alice
  ssh_as alice true
  wipe_credentials alice
}

# Standard output and error of `ssh alice COMMAND`, together.
all_output() { ssh_as alice "$@" 2>&1; }

case_command_over_ssh_says_nothing_of_its_own() {
  nothing_can_be_restored
  same "output of a command" "just this" "$(all_output echo just this)"
}

# What a person sees who logs in on a terminal and leaves at once.
terminal_session() {
  ssh -F "$inside/ssh-config" -tt -l alice workstation <<<exit 2>&1
}

case_terminal_is_told_what_only_a_person_can_do() {
  nothing_can_be_restored
  contains "what the terminal shows" 'run `claude auth login --claudeai --sso`' \
    "$(terminal_session)"
}

case_terminal_is_told_the_admins_login_command() {
  nothing_can_be_restored
  pam_line sshd '[login_command=ask the made-up helpdesk]'
  contains "what the terminal shows" 'run `ask the made-up helpdesk`' "$(terminal_session)"
}

case_quiet_says_nothing_on_a_terminal() {
  nothing_can_be_restored
  pam_line sshd quiet
  lacks "what the terminal shows" Claude "$(terminal_session)"
}

case_restore_says_nothing_on_a_terminal() {
  backed_up alice one
  lose_credentials alice
  lacks "what the terminal shows" Claude "$(terminal_session)"
}

# copies SCP-OPTION...: there and back again, byte by byte.
copies() {
  nothing_can_be_restored
  head -c 100000 /dev/urandom >"$inside/sent"
  scp -q -F "$inside/ssh-config" "$@" "$inside/sent" alice@workstation:copy 2>"$inside/said" ||
    fail "scp there: $(said)"
  scp -q -F "$inside/ssh-config" "$@" alice@workstation:copy "$inside/received" 2>"$inside/said" ||
    fail "scp back: $(said)"
  cmp "$inside/sent" "$inside/received" || fail "the copy differs"
}

case_scp_over_sftp_works() { copies -s; }

case_scp_over_its_old_protocol_works() { copies -O; }

case_sftp_works() {
  nothing_can_be_restored
  contains "listing by sftp" .ssh \
    "$(sftp -q -F "$inside/ssh-config" -b - alice@workstation 2>&1 <<<'ls -a')"
}

# A notice is there to be said: the pack protocol would break on one byte of it.
case_git_over_ssh_stays_clean() {
  nothing_can_be_restored
  as alice git init -q --bare /home/alice/project.git
  same "what git says" "" "$(GIT_SSH_COMMAND="ssh -F $inside/ssh-config" \
    git ls-remote alice@workstation:project.git 2>&1)"
}

case_standard_input_reaches_the_command() {
  nothing_can_be_restored
  same "what came back" "through ssh" \
    "$(ssh -F "$inside/ssh-config" -l alice workstation cat <<<'through ssh')"
}

case_module_that_is_listed_twice_works_once() {
  backed_up alice one
  printf 'session optional pam_claude.so debug\n' >>/etc/pam.d/sshd
  lose_credentials alice
  forget_syslog
  ssh_as alice true
  same generation one "$(generation_of alice)"
  same "helpers that ran" 1 "$(logged | grep -c 'helper took')"
}

case_missing_helper_costs_no_login() {
  rm /usr/bin/claude-auth-sync
  same "the shell's user" alice "$(ssh_as alice id -un)"
  contains syslog pam_claude "$(logged)"
}

case_required_module_denies_no_login_when_the_store_is_broken() {
  backed_up alice one
  lose_credentials alice
  sed -i 's/optional pam_claude/required pam_claude/' /etc/pam.d/sshd
  chmod 0 /home/alice/.local/share/claude-auth-sync/store
  same "the shell's user" alice "$(ssh_as alice id -un)"
}
