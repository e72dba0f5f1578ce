# shellcheck shell=bash
# The machine inside the namespace: syslog, people, and with sshd.sh a real sshd and the module in
# its PAM stacks.

source "${BASH_SOURCE[0]%/*}/sshd.sh"

readonly syslog_file=$inside/syslog

# Starts the collector of /dev/log; returns once it listens.
start_syslog() {
  local ready
  exec {syslog_ready}< <(exec /mnt/build/tests/e2e/syslog-collector serve /dev/log "$syslog_file")
  read -r ready <&"$syslog_ready"
  [[ $ready == listening ]]
}

# Prints what was logged since the last `forget_syslog`, everything sent before this call included.
logged() {
  /mnt/build/tests/e2e/syslog-collector sync /dev/log
  cat "$syslog_file"
}

forget_syslog() {
  /mnt/build/tests/e2e/syslog-collector sync /dev/log
  : >"$syslog_file"
}

# make_person NAME: an account with a home, password `NAME-password`, and the harness's SSH key.
make_person() {
  local name=$1
  useradd --create-home --shell /bin/bash \
    --password "$(openssl passwd -5 "$name-password")" "$name"
  let_in "$name"
}
