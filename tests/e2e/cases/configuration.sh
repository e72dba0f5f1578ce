# shellcheck shell=bash
# A configuration that cannot be trusted or understood: a shell, a FAIL line, nothing changed.

# refused REASON: alice's lost login stays lost, and the log says why.
refused() {
  local before
  before=$(fingerprint /home/alice/.claude /home/alice/.claude.json /home/alice/.local/share)
  same "the shell's user" alice "$(ssh_as alice id -un)"
  same "alice's files" "$before" \
    "$(fingerprint /home/alice/.claude /home/alice/.claude.json /home/alice/.local/share)"
  contains "the FAIL line" "$1" "$(logged | grep "user=alice FAIL")"
}

lost() {
  backed_up alice one
  lose_credentials alice
}

case_of_another_owner_is_refused() {
  lost
  configure 'store = local'
  chown alice /etc/claude-auth-sync.conf
  refused 'claude-auth-sync.conf belongs to another user'
}

case_writable_by_others_is_refused() {
  lost
  configure 'store = local'
  chmod 0666 /etc/claude-auth-sync.conf
  refused 'claude-auth-sync.conf is accessible to others'
}

case_garbage_is_refused() {
  lost
  configure '[[[' 'this is = = not [ a configuration'
  refused 'claude-auth-sync.conf:1'
}

case_without_a_store_is_refused() {
  lost
  configure 'host_name = here'
  # The vendor's file would say it.
  rm -f /usr/lib/claude-auth-sync.conf
  refused 'the key store is missing'
}

case_unknown_store_is_refused() {
  lost
  configure 'store = cloud'
  refused 'store should be local or vault'
}

case_wrong_number_is_refused() {
  lost
  configure 'store = local' 'retry_after = soon'
  refused 'retry_after should be a whole number'
}

case_unreadable_is_refused() {
  lost
  configure 'store = local'
  chmod 0600 /etc/claude-auth-sync.conf
  refused 'claude-auth-sync.conf: Permission denied'
}

case_refused_drop_in_is_refused() {
  lost
  configure 'store = local'
  mkdir /etc/claude-auth-sync.conf.d
  echo 'fresh_for = 1' >/etc/claude-auth-sync.conf.d/10-writable.conf
  chmod 0666 /etc/claude-auth-sync.conf.d/10-writable.conf
  refused '10-writable.conf is accessible to others'
}

case_directory_in_its_place_is_refused() {
  lost
  mkdir /etc/claude-auth-sync.conf
  refused 'claude-auth-sync.conf is no regular file'
}

case_drop_in_wins() {
  configure 'store = local' 'host_name = elsewhere'
  mkdir /etc/claude-auth-sync.conf.d
  echo 'host_name = dropped-in' >/etc/claude-auth-sync.conf.d/10-name.conf
  backed_up alice one
  contains "the document" dropped-in "$(cat /home/alice/.local/share/claude-auth-sync/store/*)"
}

case_unknown_key_is_named_in_a_warning() {
  configure 'store = local' 'stoer = local'
  lost
  ssh_as alice true
  same generation one "$(generation_of alice)"
  contains "what was said" WARN "$(logged | grep stoer)"
}

case_malformed_module_option_costs_no_login() {
  lost
  pam_line sshd 'timeout=soon no_such_option'
  ssh_as alice true
  same generation one "$(generation_of alice)"
  contains syslog no_such_option "$(logged)"
}
