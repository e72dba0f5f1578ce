# shellcheck shell=bash
# How long things take.

# took COMMAND...: milliseconds that it took; its output goes to $inside/took, its failure counts.
took() {
  local start=$EPOCHREALTIME status=0
  "$@" >"$inside/took" 2>&1 || status=$?
  local end=$EPOCHREALTIME
  echo $(((${end/[.,]/} - ${start/[.,]/}) / 1000))
  return "$status"
}

# median FILE: the middle one of the numbers in it.
median() { sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"; }

# before_all_others PID...: these and what they start run before whatever else this machine does,
# where that is allowed: a busy neighbour would be most of what is measured.
before_all_others() {
  local pid
  for pid in "$@"; do chrt --fifo --pid 1 "$pid" 2>/dev/null || true; done
}

# compare_logins ROUNDS: logins of alice over ssh, in turns without and with the module: $without
# and $with are the medians in milliseconds.
compare_logins() {
  before_all_others $$ "$(</run/sshd.pid)"
  local round
  : >"$inside/with"
  : >"$inside/without"
  for ((round = 0; round < $1; round++)); do
    without_module sshd
    took ssh_as alice true >>"$inside/without"
    pam_line sshd debug
    took ssh_as alice true >>"$inside/with"
  done
  with=$(median "$inside/with")
  without=$(median "$inside/without")
}

# What the module says that its helper took at the last login, in milliseconds: 3.1.
helper_time() { logged | sed -n 's/.*helper took \([0-9.]*\) ms.*/\1/p' | tail -n 1; }
