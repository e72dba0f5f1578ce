# shellcheck shell=bash
# What a test says must hold. The first that does not ends the test and prints what differed.

# What the machine said meanwhile, and last, where the end of a long output still has it, the
# reason of the failure: what was expected.
fail() {
  printf '%s\n' '--- syslog' >&2
  logged >&2 || true
  local log
  for log in /home/*/.local/state/claude-auth-sync/sync.log; do
    [[ -f $log && ! -L $log ]] || continue
    printf -- '--- %s\n' "$log" >&2
    tail -n 20 "$log" >&2
  done
  printf -- '---\nFAILED: %s\n' "$*" >&2
  exit 1
}

# skip REASON: this machine cannot run the test.
skip() {
  printf 'SKIP: %s\n' "$*"
  exit 77
}

# same WHAT EXPECTED FOUND
same() {
  [[ $2 == "$3" ]] && return
  fail "$1
  expected: $2
  found:    $3"
}

# differs WHAT UNEXPECTED FOUND
differs() { [[ $2 != "$3" ]] || fail "$1: still $2"; }

# contains WHAT NEEDLE TEXT
contains() {
  [[ $3 == *"$2"* ]] && return
  fail "$1
  expected in it: $2
  found:          $3"
}

# lacks WHAT NEEDLE TEXT
lacks() {
  [[ $3 != *"$2"* ]] && return
  fail "$1
  not expected in it: $2
  found:              $3"
}

# at_most WHAT LIMIT NUMBER
at_most() { (($3 <= $2)) || fail "$1: $3, more than $2"; }

# at_least WHAT LIMIT NUMBER
at_least() { (($3 >= $2)) || fail "$1: $3, less than $2"; }

# absent PATH
absent() { [[ ! -e $1 && ! -L $1 ]] || fail "$1 is there"; }
