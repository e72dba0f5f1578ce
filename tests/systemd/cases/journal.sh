# shellcheck shell=bash
# What all the cases before have left in the journal.

last_journal_has_no_secret() {
  journalctl --sync
  local all
  all=$(journalctl --boot --all --output=export | tr -d '\0')
  contains "the journal" "SYSLOG_IDENTIFIER=claude-auth-sync" "$all"
  lacks "the journal" sk-ant- "$all"
  lacks "the journal" s.double "$all"
  lacks "the journal" "$vault_root" "$all"
}
