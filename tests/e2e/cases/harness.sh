# shellcheck shell=bash
# The harness itself: what every other case takes for granted.

case_plain_sshd_gives_a_shell() {
  without_module sshd
  same "the shell's user" alice "$(ssh_as alice id -un)"
}
