# shellcheck shell=bash
# A private copy of this machine: namespaces, overlays and a /dev of its own, in which the built
# programs are installed. Nothing of it is left, nor anything on the host changed, once it ends.

# Where everything the harness brings along is seen from inside.
readonly inside=/mnt

# The sentence why this machine cannot have a private copy of itself, or nothing where it can.
why_no_namespace() {
  if ((EUID != 0)); then
    echo "needs root"
    return
  fi
  if ! unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net --uts \
    --ipc true 2>/dev/null; then
    echo "needs namespaces: unshare is refused here"
    return
  fi
  if ! unshare --mount --propagation private bash -c '
      mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work &&
      mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work none /etc &&
      mknod /mnt/null c 1 3 && : >/mnt/null' 2>/dev/null; then
    echo "needs namespaces: overlay mounts or device nodes are refused here"
  fi
}

# enter_namespace SOURCE BUILD STAGE COMMAND...: runs COMMAND (a path below SOURCE, then arguments)
# as the first process of a private copy of this machine in which the tree at STAGE, as
# `DESTDIR=STAGE cmake --install` leaves it, is installed. Needs root.
enter_namespace() {
  local source=$1 build=$2 stage=$3
  shift 3
  exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --net --uts \
    --ipc -- bash "$source/tests/e2e/lib/inside.sh" "$source" "$build" "$stage" "$@"
}
