# shellcheck shell=bash
# Debian's packages that building, showing and checking need, and how the missing ones get here.
# What is needed by whom: ./demo builds and makes its machine; ./check tests besides.

build_packages=(
  cmake g++ ninja-build pkg-config
  libcli11-dev libcmocka-dev libcurl4-openssl-dev libeconf-dev libjansson-dev libmicrohttpd-dev
  libgnutls28-dev libpam0g-dev libseccomp-dev libsodium-dev libyaml-cpp-dev)
machine_packages=(curl iproute2 openssh-client openssh-server openssl)
test_packages=(ca-certificates dbus fish git systemd-container valgrind zsh)
bench_packages=(jq)
# It brings systemd's init: not for a machine that starts by another one.
if [[ ! -e /sbin/init || $(readlink -f /sbin/init) == */systemd ]]; then
  test_packages+=(libpam-systemd)
fi
package_packages=(dpkg-dev file lintian mmdebstrap rpm rpmlint)
fuzz_packages=(clang-19 libclang-rt-19-dev)
lint_packages=(clang-format-19 clang-tidy-19 cppcheck mandoc perl prometheus selinux-policy-dev
  semodule-utils shellcheck)

# Of these only the programs are wanted: a machine that had no such service must not begin to run
# one. By package.
declare -A unwanted_services=([openssh-server]=ssh [prometheus]=prometheus)

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
  for package in "${missing[@]}"; do
    [[ -z ${unwanted_services[$package]-} ]] ||
      echo "($package is installed for its programs: its service is neither started nor enabled.)"
  done
}

# install_packages PACKAGE...: in a shell of its own, whose end, however it comes, lets services
# start again.
install_packages() (
  apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet)
  status=0
  # A source of no concern here may not answer: what is really missing shows at the install.
  "${apt[@]}" update || true
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'as_root rm -f "$policy"' EXIT
    trap 'exit 130' HUP INT TERM
    as_root install -m 0755 /dev/stdin "$policy" <<<$'#!/bin/sh\nexit 101'
  fi
  "${apt[@]}" install --yes --no-install-recommends "$@" || status=$?
  for package in "$@"; do
    service=${unwanted_services[$package]-}
    [[ -n $service ]] || continue
    [[ ! -e /etc/init.d/$service ]] || as_root update-rc.d "$service" disable || status=$?
    [[ -z $(type -P systemctl) ]] || as_root systemctl disable "$service.service" || status=$?
  done
  exit "$status"
)
