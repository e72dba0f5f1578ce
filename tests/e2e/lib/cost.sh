# shellcheck shell=bash
# What programs cost: requests to the store, instructions, memory.

# store_count NAME: requests, writes or connections that the Vault double has had.
store_count() {
  vault_api GET sys/double/stats | sed -n "s/.*\"$1\" *: *\([0-9]*\).*/\1/p"
}

# asked COMMAND...: "REQUESTS WRITES CONNECTIONS" that COMMAND costs the store.
asked() {
  local requests writes connections
  requests=$(store_count requests)
  writes=$(store_count writes)
  # Each of our own looks is a connection: this one and the next two.
  connections=$(($(store_count connections) + 3))
  "$@" || fail "$*: $(said)"
  echo "$(($(store_count requests) - requests)) $(($(store_count writes) - writes))" \
    "$(($(store_count connections) - connections))"
}

# instructions_of NAME COMMAND...: how many it takes as that user, by callgrind.
instructions_of() {
  as "$1" valgrind --tool=callgrind --callgrind-out-file=/dev/null "${@:2}" 2>&1 >/dev/null |
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# peaks NAME COMMAND...: runs it as that user; a line for each program: KiB of private memory at
# its peak, and its command line.
peaks() {
  export -f as
  # shellcheck disable=SC2016
  /mnt/build/tests/bench/private-memory /bin/bash -c 'as "$@" 2>&1 >/dev/null' - "$@"
}

# peak_of COMMAND-LINE: from the output of `peaks`, which is standard input.
peak_of() { sed -n "s|^\([0-9]*\) $1\$|\1|p"; }
