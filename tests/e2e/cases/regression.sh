# shellcheck shell=bash
# What once cost somebody a login, against the Vault double.

# accepting_claude NAME: a `claude` in NAME's home to which every login is good.
accepting_claude() {
  printf '#!/bin/sh\necho AUTH_OK\n' | put "$1" "/home/$1/.local/bin/claude"
  chmod 0755 "/home/$1/.local/bin/claude"
}

statistic() { vault_api GET sys/double/stats | sed -n "s/.*\"$1\" *: *\([0-9]*\).*/\1/p"; }

# requested KIND REASON COMMAND...: how many requests, or writes, the store gets from COMMAND of
# alice, which fails for REASON.
requested() {
  local kind=$1 reason=$2 before
  shift 2
  before=$(statistic "$kind")
  ! sync_as alice "$@" || fail "$*: no failure"
  contains "why $* failed" "$reason" "$(said)"
  echo $(($(statistic "$kind") - before))
}

document_version() {
  document_of alice 2>/dev/null | sed -n 's/.*"version" *: *\([0-9]*\).*/\1/p'
}

case_a_403_never_leads_to_a_create() {
  start_vault
  vault_person alice
  note_account alice
  accepting_claude alice
  # She may create, but not read.
  vault_api POST sys/policies/acl/workstation-claude-alice '{"policy":
    "path \"secret/data/workstation/claude-users/alice\" { capabilities = [\"create\", \"update\"] }"}'
  write_credentials alice one
  same "writes of a backup" 0 "$(requested writes 'permission denied' backup)"
  # The double counts that sync has its token renewed.
  same "writes of a sync" 1 "$(requested writes 'permission denied' sync)"
  lose_credentials alice
  same "writes of a login" 0 "$(requested writes 'permission denied' login)"
  same "version of the document" '' "$(document_version)"
}

case_another_users_token_is_refused() {
  start_vault
  vault_person bob
  put alice /home/alice/.config/claude-auth-sync/vault-token \
    </home/bob/.config/claude-auth-sync/vault-token
  note_account alice
  accepting_claude alice
  # Each looks whose token it is, and does no more.
  same "requests of a login" 1 "$(requested requests "is not this user's" login)"
  write_credentials alice one
  same "requests of a backup" 1 "$(requested requests "is not this user's" backup)"
  same "requests of a sync" 1 "$(requested requests "is not this user's" sync)"
}
