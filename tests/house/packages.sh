# shellcheck shell=bash
# Debian's packages that building, showing and checking need, and how the missing ones get here.

build_packages=(
  cmake g++ ninja-build pkg-config
  libcli11-dev libcmocka-dev libcurl4-openssl-dev libeconf-dev libjansson-dev libmicrohttpd-dev
  libgnutls28-dev libpam0g-dev libseccomp-dev libsodium-dev libyaml-cpp-dev)
machine_packages=(curl iproute2 openssh-client openssh-server openssl)
lint_packages=(clang-format-19 clang-tidy-19 mandoc shellcheck)

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# need_packages PACKAGE...: installs those that are missing, as root or by sudo.
need_packages() {
  local package missing=()
  for package in "$@"; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  echo "Installing ${#missing[@]} missing Debian packages: ${missing[*]}"
  if ((EUID != 0)) && [[ -z $(type -P sudo) ]]; then
    echo "This needs root or sudo. As root: apt-get install ${missing[*]}" >&2
    return 1
  fi
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  as_root "${apt[@]}" update
  if [[ " ${missing[*]} " == *' openssh-server '* ]]; then
    install_quietly "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"
  else
    as_root "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"
  fi
}

# Only the program sshd is wanted: a machine that had no SSH server must not begin to be one.
install_quietly() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ ! -e $policy ]]; then
    as_root install -m 0755 /dev/stdin "$policy" <<<$'#!/bin/sh\nexit 101'
  else
    policy=
  fi
  as_root "$@" || status=$?
  [[ -z $policy ]] || as_root rm "$policy"
  if [[ -n $(type -P systemctl) ]]; then as_root systemctl --quiet disable ssh.service || status=$?; fi
  echo "(openssh-server is neither started nor enabled.)"
  return "$status"
}
