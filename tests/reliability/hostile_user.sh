# shellcheck shell=bash
# The machine of a user who owns his home and means harm: what is root's and other users' stays
# unread and unchanged.

readonly services=$inside/services

# Numbers that no account of this machine has: its processes would count as theirs.
make_person_numbered() {
  make_person "$1"
  usermod --uid "$2" "$1"
  chmod 0700 "/home/$1"
}

# The stack that the documentation asks for, in two tempers.
write_services() {
  mkdir "$services"
  local line='session optional pam_claude.so'
  printf '%s\n' "$line timeout=2000 refresh_timeout=1000" 'session required pam_permit.so' \
    >"$services/hostile-patient"
  printf '%s\n' "$line timeout=400 refresh_timeout=200" 'session required pam_permit.so' \
    >"$services/hostile-short"
  echo 'session required pam_deny.so' >"$services/other"
}

# What nobody may read or change.
make_canaries() {
  cp /etc/shadow /root/canary
  cp /etc/shadow /home/canary
  chmod 0600 /root/canary /home/canary
  mkdir -m 0700 /root/directory
  write_credentials dora of-dora
}

hostile_user() {
  local before name
  make_keys
  make_person_numbered alice 64101
  make_person_numbered bob 64102
  make_person_numbered carol 64103
  make_person_numbered dora 64104
  configure 'store = local' 'fresh_for = 0' 'retry_after = 0'
  make_canaries
  write_services
  backed_up alice one
  for name in bob carol; do
    sync_as "$name" setup-token set --no-check <<<"sk-ant-oat01-TEST-of-$name" || fail "$(said)"
  done

  before=$(fingerprint /root /home/canary /home/dora)
  /mnt/build/tests/reliability/hostile_user "$services" "$1" || fail "see above"
  same "what is root's and dora's" "$before" "$(fingerprint /root /home/canary /home/dora)"
  lacks "the system's log" TEST-of "$(logged)"
  ! logged | LC_ALL=C grep -q '[^ -~]' || fail "what is not printable in the system's log"
}
