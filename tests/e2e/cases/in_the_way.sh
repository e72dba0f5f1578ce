# shellcheck shell=bash
# A FIFO, a symbolic link or a directory where a file of ours or Claude's belongs: a shell all the
# same, in time, and what stands there or behind it is not touched.

readonly config_dir=.config/claude-auth-sync state_dir=.local/state/claude-auth-sync
readonly victim=/home/alice/precious

# stands_in_the_way KIND FILE [LOGGED]: FILE, relative to the home, is a KIND (fifo, symlink,
# directory) at the next login of alice, whose login is lost and backed up; the log says so.
stands_in_the_way() {
  local kind=$1 path=/home/alice/$2 before milliseconds
  if [[ $2 == "$config_dir/vault-token" ]]; then
    configure 'store = vault' '[vault]' 'address = http://127.0.0.1:9'
  else
    backed_up alice one
    lose_credentials alice
  fi
  echo 'precious = TEST' | put alice "$victim"
  chmod 0600 "$victim"

  rm -rf "$path"
  as alice mkdir -p "${path%/*}"
  case $kind in
    fifo) as alice mkfifo -m 0600 "$path" ;;
    symlink) as alice ln -s "$victim" "$path" ;;
    directory) as alice mkdir "$path" ;;
  esac
  before=$(fingerprint "$victim")

  milliseconds=$(took ssh_as alice echo a shell) || fail "no shell: $(cat "$inside/took")"
  same "what the session says" "a shell" "$(cat "$inside/took")"
  at_most "milliseconds of the login" 6500 "$milliseconds"
  same "the file behind the link" "$before" "$(fingerprint "$victim")"
  contains syslog "user=alice ${3-RECOVERED}" "$(logged)"
  [[ $kind != directory || -d $path ]] || fail "the directory $path is gone"
}

case_fifo_as_credentials() {
  stands_in_the_way fifo .claude/.credentials.json 'FAIL /home/alice'
  [[ -p $(credentials_path alice) ]] || fail "the FIFO is gone"
}
case_fifo_as_claude_json() { stands_in_the_way fifo .claude.json; }
case_fifo_as_vault_token() { stands_in_the_way fifo "$config_dir/vault-token" 'FAIL /home/alice'; }
case_fifo_as_env_file() { stands_in_the_way fifo "$config_dir/claude-oauth.env"; }
case_fifo_as_state() { stands_in_the_way fifo "$state_dir/state.json" 'FAIL /home/alice'; }
case_fifo_as_last_status() { stands_in_the_way fifo "$state_dir/last-status.json"; }
case_fifo_as_log() { stands_in_the_way fifo "$state_dir/sync.log"; }
case_fifo_as_login_lock() { stands_in_the_way fifo "$state_dir/login.lock" 'FAIL /home/alice'; }
case_fifo_as_change_lock() { stands_in_the_way fifo "$state_dir/change.lock" 'FAIL /home/alice'; }
case_fifo_as_client_locks() { stands_in_the_way fifo "$state_dir/client-locks.json"; }
case_fifo_as_paused() { stands_in_the_way fifo "$state_dir/paused" 'OK'; }
case_fifo_as_claude_directory() { stands_in_the_way fifo .claude 'FAIL /home/alice'; }
case_fifo_as_local_store() { stands_in_the_way fifo .local/share/claude-auth-sync/store 'FAIL local store: /home/alice'; }

case_symlink_as_claude_json() { stands_in_the_way symlink .claude.json; }
case_symlink_as_vault_token() { stands_in_the_way symlink "$config_dir/vault-token" 'FAIL /home/alice'; }
case_symlink_as_env_file() { stands_in_the_way symlink "$config_dir/claude-oauth.env"; }
case_symlink_as_state() { stands_in_the_way symlink "$state_dir/state.json" 'FAIL /home/alice'; }
case_symlink_as_last_status() { stands_in_the_way symlink "$state_dir/last-status.json"; }
case_symlink_as_log() { stands_in_the_way symlink "$state_dir/sync.log"; }
case_symlink_as_login_lock() { stands_in_the_way symlink "$state_dir/login.lock" 'FAIL /home/alice'; }
case_symlink_as_change_lock() { stands_in_the_way symlink "$state_dir/change.lock" 'FAIL /home/alice'; }
case_symlink_as_client_locks() { stands_in_the_way symlink "$state_dir/client-locks.json"; }
case_symlink_as_paused() { stands_in_the_way symlink "$state_dir/paused" 'OK'; }

case_directory_as_credentials() { stands_in_the_way directory .claude/.credentials.json 'FAIL /home/alice'; }
case_directory_as_state() { stands_in_the_way directory "$state_dir/state.json" 'FAIL /home/alice'; }
case_directory_as_last_status() { stands_in_the_way directory "$state_dir/last-status.json"; }
case_directory_as_env_file() { stands_in_the_way directory "$config_dir/claude-oauth.env" 'FAIL /home/alice'; }

# Dotfile managers do this: the target is the person's own file and is what is replaced.
case_symlinked_credentials_stay_a_symlink() {
  backed_up alice one
  as alice mkdir /home/alice/dotfiles
  as alice mv "$(credentials_path alice)" /home/alice/dotfiles/credentials.json
  as alice ln -s /home/alice/dotfiles/credentials.json "$(credentials_path alice)"
  wipe_through_link
  ssh_as alice true
  [[ -L $(credentials_path alice) ]] || fail "the link was replaced"
  same generation one "$(generation_of alice)"
}

wipe_through_link() {
  wipe_credentials bob
  cat "$(credentials_path bob)" >/home/alice/dotfiles/credentials.json
}

case_credentials_linked_to_another_users_file_are_refused() {
  backed_up alice one
  write_credentials bob of-bob
  local before
  rm "$(credentials_path alice)"
  as alice ln -s "$(credentials_path bob)" "$(credentials_path alice)"
  chmod 0755 /home/bob /home/bob/.claude
  before=$(fingerprint /home/bob/.claude)
  same "the shell's user" alice "$(ssh_as alice id -un)"
  same "bob's file" "$before" "$(fingerprint /home/bob/.claude)"
  contains syslog "user=alice FAIL" "$(logged)"
}

case_symlinked_claude_directory_is_followed() {
  backed_up alice one
  as alice mv /home/alice/.claude /home/alice/elsewhere
  as alice ln -s elsewhere /home/alice/.claude
  lose_credentials alice
  ssh_as alice true
  [[ -L /home/alice/.claude ]] || fail "the link was replaced"
  same generation one "$(generation_of alice)"
}
