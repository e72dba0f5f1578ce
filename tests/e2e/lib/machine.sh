# shellcheck shell=bash
# The machine inside the namespace: syslog, people, a real sshd, and the module in its PAM stacks.

readonly syslog_file=$inside/syslog
readonly sshd_log=$inside/sshd.log

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
  install -d -m 0700 -o "$name" -g "$name" "/home/$name/.ssh"
  install -m 0600 -o "$name" -g "$name" "$inside/key.pub" "/home/$name/.ssh/authorized_keys"
}

make_keys() {
  ssh-keygen -q -t ed25519 -N '' -f "$inside/key" -C harness
  ssh-keygen -q -t ed25519 -N '' -f "$inside/host-key" -C workstation
  cat >"$inside/ssh-config" <<END
Host workstation
  HostName 127.0.0.1
  IdentityFile $inside/key
  IdentitiesOnly yes
  BatchMode yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
END
}

# The distribution's sshd on 127.0.0.1 port 22 with the distribution's PAM stack, generous to
# users who want to set environment variables. Returns once it listens.
start_sshd() {
  mkdir -p /run/sshd
  {
    printf '%s\n' 'ListenAddress 127.0.0.1' "HostKey $inside/host-key" 'UsePAM yes' \
      'PasswordAuthentication no' 'KbdInteractiveAuthentication no' 'PrintMotd no' \
      'MaxStartups 100' 'PidFile /run/sshd.pid' 'PermitUserEnvironment yes' \
      'Subsystem sftp /usr/lib/openssh/sftp-server'
  } >"$inside/sshd-config"
  local line
  exec {sshd_output}< <(exec /usr/sbin/sshd -D -e -f "$inside/sshd-config" 2>&1)
  while read -r line <&"$sshd_output"; do
    printf '%s\n' "$line" >>"$sshd_log"
    [[ $line != "Server listening"* ]] || break
  done
  cat <&"$sshd_output" >>"$sshd_log" &
  [[ $line == "Server listening"* ]]
}

# pam_line SERVICE [OPTION...]: the module at the end of SERVICE's session stack, in place of
# an earlier line of ours.
pam_line() {
  local service=$1
  shift
  sed -i '/pam_claude\.so/d' "/etc/pam.d/$service"
  printf 'session optional pam_claude.so %s\n' "$*" >>"/etc/pam.d/$service"
}

# without_module SERVICE
without_module() { sed -i '/pam_claude\.so/d' "/etc/pam.d/$1"; }
