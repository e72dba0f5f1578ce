# shellcheck shell=bash
# First process in the new namespaces: lays overlays and a fresh /dev over this machine, installs
# the built tree, then becomes the command. See namespace.sh.
set -euo pipefail
umask 022

source=$1 build=$2 stage=$3
shift 3

# What lies below directories that are about to be covered has to be seen elsewhere first.
mount -t tmpfs -o mode=0755 harness /mnt
mkdir /mnt/tree /mnt/build /mnt/overlays
mount --bind "$source" /mnt/tree
mount --bind "$build" /mnt/build
mount -o remount,bind,ro /mnt/tree
mount -o remount,bind,ro /mnt/build
mkdir /mnt/stage
mount --bind "$stage" /mnt/stage
if [[ -n ${VAULT_BIN:-} ]]; then
  touch /mnt/vault-bin
  mount --bind "$VAULT_BIN" /mnt/vault-bin
  export VAULT_BIN=/mnt/vault-bin
fi

for directory in etc var usr; do
  mkdir -p "/mnt/overlays/$directory/upper" "/mnt/overlays/$directory/work"
  mount -t overlay overlay "/$directory" -o \
    "lowerdir=/$directory,upperdir=/mnt/overlays/$directory/upper,workdir=/mnt/overlays/$directory/work"
done
for directory in run home; do mount -t tmpfs -o mode=0755 tmpfs "/$directory"; done
for directory in tmp root; do mount -t tmpfs tmpfs "/$directory"; done
chmod 0700 /root

# Never the host's own nodes by bind mount: a chmod inside would reach them.
mount -t tmpfs -o mode=0755 dev /dev
mknod -m 0666 /dev/null c 1 3
mknod -m 0666 /dev/zero c 1 5
mknod -m 0666 /dev/full c 1 7
mknod -m 0666 /dev/random c 1 8
mknod -m 0666 /dev/urandom c 1 9
mknod -m 0666 /dev/tty c 5 0
mkdir /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr

ip link set lo up
hostname workstation
printf '127.0.0.1 localhost workstation\n' >/etc/hosts

# As root's files, whoever built them.
cp -r /mnt/stage/. /

cd /mnt/tree
export HOME=/root USER=root LOGNAME=root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset SSH_AUTH_SOCK SSH_CONNECTION SSH_CLIENT SSH_TTY CLAUDE_CODE_OAUTH_TOKEN
program=$1
shift
exec "/mnt/tree/$program" "$@"
