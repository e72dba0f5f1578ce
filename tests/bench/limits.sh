# shellcheck shell=bash
# Instructions, private memory, requests and sizes: what tests/e2e/cases/cost.sh sets limits to.

# shellcheck source=tests/e2e/lib/cost.sh
source "$here/../e2e/lib/cost.sh"

figure() { printf '%-64s %s\n' "$1" "$2"; }

memory() {
  local kib
  kib=$(peak_of "$2" <"$inside/peaks")
  figure "private memory at peak, $1" "$kib KiB"
}

measure() {
  make_person alice
  make_person bob
  figure "instructions, static true" "$(instructions_of bob "$programs/static-true")"
  figure "instructions, login of nobody enrolled" \
    "$(instructions_of bob /usr/bin/claude-auth-sync login --pam)"
  backed_up alice one
  figure "instructions, login, valid and fresh" \
    "$(instructions_of alice /usr/bin/claude-auth-sync login --pam)"
  peaks alice claude-auth-sync login --pam >"$inside/peaks"
  memory "login without network" 'claude-auth-sync login --pam'

  start_vault --tls
  vault_person alice
  backed_up alice two
  lose_credentials alice
  peaks alice claude-auth-sync login --pam >"$inside/peaks"
  memory "login that restores from Vault" 'claude-auth-sync login --pam'
  memory "its claude-auth-store" claude-auth-store
  local file
  for file in "$(find /usr/lib -name pam_claude.so)" /usr/bin/claude-auth-sync \
    /usr/libexec/claude-auth-sync/claude-auth-store; do
    figure "bytes, stripped, ${file##*/}" "$(stat --format=%s "$file")"
  done
}
