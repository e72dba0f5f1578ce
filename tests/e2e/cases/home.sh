# shellcheck shell=bash
# Homes that are not there, cannot be written, or are full.

case_missing_home_gives_a_shell() {
  rm -r /home/alice
  same "the shell's user" alice "$(su alice -c 'id -un')"
  absent /home/alice
}

case_read_only_home_gives_a_shell_at_once() {
  local milliseconds
  backed_up alice one
  lose_credentials alice
  mount --bind /home/alice /home/alice
  mount -o remount,bind,ro /home/alice
  milliseconds=$(took ssh_as alice echo a shell) || fail "no shell: $(cat "$inside/took")"
  same "what the session says" "a shell" "$(cat "$inside/took")"
  at_most "milliseconds of the login" 3000 "$milliseconds"
  same generation none "$(generation_of alice)"
}

case_read_only_home_asks_no_store() {
  start_vault
  vault_person alice
  backed_up alice one
  lose_credentials alice
  mount --bind /home/alice /home/alice
  mount -o remount,bind,ro /home/alice
  local before
  before=$(requests)
  same "the shell's user" alice "$(ssh_as alice id -un)"
  same "requests to the store" "$before" "$(requests)"
}

case_full_home_loses_nothing() {
  local before
  mkdir /mnt/small
  mount -t tmpfs -o size=256k,mode=0755 tmpfs /mnt/small
  cp -a /home/alice/. /mnt/small/
  chown alice: /mnt/small
  mount --move /mnt/small /home/alice
  backed_up alice one
  wipe_credentials alice
  as alice dd if=/dev/zero of=/home/alice/filler status=none 2>/dev/null || true
  before=$(fingerprint /home/alice/.claude)
  same "the shell's user" alice "$(ssh_as alice id -un)"
  same "Claude's files" "$before" "$(fingerprint /home/alice/.claude)"
}

# A limit on the size of files is not to end the helper by SIGXFSZ while it holds Claude's locks.
case_file_size_limit_leaves_no_lock_behind() {
  local before
  backed_up alice one
  printf '{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0},"mcpOAuth":"%08000d"}' 0 |
    put alice "$(credentials_path alice)"
  echo 'alice - fsize 4' >/etc/security/limits.d/alice.conf
  before=$(fingerprint /home/alice/.claude)
  same "the shell's user" alice "$(ssh_as alice id -un)"
  same "Claude's files and locks" "$before" "$(fingerprint /home/alice/.claude)"
  absent /home/alice/.claude.lock
  contains "the log" 'FAIL the login could not be restored' "$(logged)"
}

case_home_of_another_user_is_not_used() {
  local before
  backed_up bob of-bob
  usermod -d /home/bob alice
  before=$(fingerprint /home/bob)
  same "the shell's user" alice "$(su alice -c 'id -un')"
  same "bob's home" "$before" "$(fingerprint /home/bob)"
}
