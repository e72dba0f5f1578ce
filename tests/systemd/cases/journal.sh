# shellcheck shell=bash
# What all the cases before have left in the journal.

files_of_the_journal_with() { grep -rlaF -- "$1" /run/log/journal /var/log/journal 2>/dev/null || true; }

# As journalctl shows it, and what else is in its files.
last_journal_has_no_secret() {
  journalctl --sync
  local all secret
  all=$(journalctl --boot --all --output=export | tr -d '\0')
  # A sync of the timer's, a watch, the hourly provision and a login have been heard.
  contains "the journal" "_SYSTEMD_UNIT=claude-auth-sync@alice.service" "$all"
  contains "the journal" "_SYSTEMD_UNIT=claude-auth-watch@alice.service" "$all"
  contains "the journal" "_SYSTEMD_UNIT=claude-auth-provision.service" "$all"
  contains "the journal" "pam_unix(sshd:session): session opened for user alice" "$all"
  # Else nothing would be proved of the files.
  contains "files of the journal with our lines" .journal \
    "$(files_of_the_journal_with SYSLOG_IDENTIFIER=claude-auth-sync)"
  for secret in sk-ant- s.double "$vault_root"; do
    lacks "the journal" "$secret" "$all"
    same "files of the journal with $secret in them" "" \
      "$(files_of_the_journal_with "$secret")"
  done
}
