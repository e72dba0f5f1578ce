# shellcheck shell=bash
# Debian's packages that building, showing and checking need, and how the missing ones get here.

build_packages=(
  cmake g++ ninja-build pkg-config
  libcli11-dev libcmocka-dev libcurl4-openssl-dev libeconf-dev libjansson-dev libmicrohttpd-dev
  libgnutls28-dev libpam0g-dev libseccomp-dev libsodium-dev libyaml-cpp-dev)
machine_packages=(curl dbus git iproute2 openssh-client openssh-server openssl systemd-container)
# It brings systemd's init: not for a machine that starts by another one.
if [[ ! -e /sbin/init || $(readlink -f /sbin/init) == */systemd ]]; then
  machine_packages+=(libpam-systemd)
fi
lint_packages=(clang-format-19 clang-tidy-19 mandoc shellcheck)

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# need_packages PACKAGE...: installs those that are missing, as root or by sudo.
need_packages() {
  local package missing=() log=build/packages.log
  for package in "$@"; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  echo "Installing ${#missing[@]} missing Debian packages (its log: $log): ${missing[*]}"
  if ((EUID != 0)) && [[ -z $(type -P sudo) ]]; then
    echo "This needs root or sudo. As root: apt-get install ${missing[*]}" >&2
    return 1
  fi
  mkdir -p build
  if ! install_packages "${missing[@]}" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "The packages could not be installed; all of it is in $log." >&2
    return 1
  fi
  if [[ " ${missing[*]} " == *' openssh-server '* ]]; then
    echo "(openssh-server is neither started nor enabled.)"
  fi
}

# install_packages PACKAGE...
install_packages() {
  local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet) status=0 policy=
  # A source of no concern here may not answer: what is really missing shows at the install.
  "${apt[@]}" update || true
  # Of openssh-server only the program is wanted: a machine that had no SSH server must not begin
  # to be one.
  if [[ " $* " == *' openssh-server '* && ! -e /usr/sbin/policy-rc.d ]]; then
    policy=/usr/sbin/policy-rc.d
    as_root install -m 0755 /dev/stdin "$policy" <<<$'#!/bin/sh\nexit 101'
  fi
  "${apt[@]}" install --yes --no-install-recommends "$@" || status=$?
  [[ -z $policy ]] || as_root rm "$policy"
  if [[ " $* " == *' openssh-server '* ]]; then
    as_root update-rc.d ssh disable || status=$?
    [[ -z $(type -P systemctl) ]] || as_root systemctl disable ssh.service || status=$?
  fi
  return "$status"
}
