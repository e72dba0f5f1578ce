# shellcheck shell=bash
# A real sshd, who may come in by it, and the module in the PAM stacks.

readonly sshd_log=$inside/sshd.log

# The harness's SSH key, the host's, and a configuration for the client.
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

# let_in NAME: the harness's key opens that account.
let_in() {
  install -d -m 0700 -o "$1" -g "$1" "/home/$1/.ssh"
  install -m 0600 -o "$1" -g "$1" "$inside/key.pub" "/home/$1/.ssh/authorized_keys"
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
