# shellcheck shell=bash
# A private copy of this machine that boots: an overlay of / with the installed tree in it, in
# which the distribution's own systemd is process 1. Nothing of it is left once it ends.

readonly root=/run/root

# The sentence why this machine cannot boot a copy of itself, or nothing where it can.
why_no_machine() {
  local reason
  reason=$(why_no_namespace)
  if [[ -n $reason ]]; then
    echo "$reason"
  elif [[ -z $(type -P systemd-nspawn) ]]; then
    echo "needs a machine that boots: systemd-nspawn (package systemd-container) is not installed"
  elif [[ ! -x /lib/systemd/systemd || -z $(type -P dbus-daemon) ]]; then
    echo "needs a machine that boots: systemd and dbus-daemon are not installed"
  elif [[ -z $(compgen -G '/usr/lib/*/security/pam_systemd.so') ]]; then
    echo "needs a machine that boots: pam_systemd (package libpam-systemd) is not installed"
  elif ! unshare --mount --propagation private bash -c \
    'mkdir -p /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup' 2>/dev/null; then
    echo "needs a machine that boots: cgroup2 cannot be mounted here"
  fi
}

# enter_machine COMMAND...: runs COMMAND as the first process of the namespaces in which the
# machine is laid and booted. Needs root.
enter_machine() {
  exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net --uts \
    --ipc -- "$@"
}

# lay_machine SOURCE BUILD STAGE: the file system, with source and build tree below $inside.
lay_machine() {
  local directory
  # Nothing is built below /run; and nspawn leaves its own things there.
  mount -t tmpfs -o mode=0755 harness /run
  mkdir "$root" /run/upper /run/work
  mount -t overlay overlay "$root" -o lowerdir=/,upperdir=/run/upper,workdir=/run/work
  for directory in home root mnt var/log; do
    mount -t tmpfs -o mode=0755 tmpfs "$root/$directory"
  done
  show "$1" tree
  show "$2" build
  cp -r "$3/." "$root/"

  # Only what the distribution itself starts; and no first boot, which would enable all of it.
  rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/systemd/system/*.requires
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
}

# lay_fresh_machine TAR: the file system that is in TAR.
lay_fresh_machine() {
  mount -t tmpfs -o mode=0755 harness /run
  mkdir "$root"
  mount -t tmpfs -o mode=0755 machine "$root"
  tar --extract --file "$1" --directory "$root" --numeric-owner --xattrs
  mount -t tmpfs -o mode=0755 tmpfs "$root/mnt"
  # Timers of the distribution would look for news where there is no network.
  rm -f "$root"/etc/systemd/system/timers.target.wants/*
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
}

# show PATH NAME: PATH of this machine is to be seen there as $inside/NAME, read-only.
show() {
  if [[ -d $1 ]]; then mkdir "$root$inside/$2"; else touch "$root$inside/$2"; fi
  mount --bind "$1" "$root$inside/$2"
  mount -o remount,bind,ro "$root$inside/$2"
}

# Boots it in a cgroup of its own; returns once its units are started.
boot_machine() {
  mkdir -p /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  cgroup=$(mktemp -d /sys/fs/cgroup/claude-auth-tests.XXXXXX)
  echo 0 >"$cgroup/cgroup.procs"
  # What nspawn refuses by itself and a machine does not: bpf fences units in, Landlock our store, and
  # secrets are locked into memory.
  systemd-nspawn --quiet --keep-unit --register=no --machine=workstation --directory="$root" \
    --private-network --link-journal=no --console=pipe \
    --system-call-filter='bpf @memlock landlock_create_ruleset landlock_add_rule landlock_restrict_self' \
    --boot systemd.unit=multi-user.target >/run/console 2>&1 </dev/null &
  nspawn=$!
  local limit=$((SECONDS + 60)) state
  while ((SECONDS < limit)) && kill -0 "$nspawn"; do
    leader=$(sed 's/ .*//' "/proc/$nspawn/task/$nspawn/children" 2>/dev/null) || true
    if [[ -n $leader ]]; then
      state=$(in_machine systemctl is-system-running --wait 2>/dev/null || true)
      # Units of this machine that fail in its copy are none of ours.
      if [[ $state == running || $state == degraded ]]; then return; fi
    fi
    # Until its manager listens there is nothing to wait on.
    read -r -t 0.05 <> <(:) || true
  done
  cat /run/console >&2
  echo "The machine did not boot: ${state:-no answer}" >&2
  return 1
}

# in_machine COMMAND...: runs it in the booted machine, as root.
in_machine() {
  nsenter --target "$leader" --mount --uts --ipc --net --pid -- \
    env -i -C / HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

end_machine() {
  [[ -n ${cgroup-} ]] || return 0
  # With its first process the whole machine ends, and nspawn after it.
  kill -KILL "${leader:-$nspawn}" 2>/dev/null || true
  wait
  echo 0 >/sys/fs/cgroup/cgroup.procs
  find "$cgroup" -depth -type d -exec rmdir {} +
}
