# shellcheck shell=bash
# Every job under the eyes of memory-scan: where in memory the secrets are whenever it waits and at
# its end, what it writes them to, and whose arguments and environment they get into. Whatever is
# not in secrets.allowed is a failure.

# shellcheck source=/dev/null
source "$here/cases/setup_token.sh"
# shellcheck source=/dev/null
source "$here/cases/watch.sh"

# No file of the machine holds them, and no two pieces of one of them are the same.
readonly login=Qw7Zk2Lp9Xc4Vb6Nm1Jh8Gf3Ds5Aa0PoRtYuIe
readonly next_login=Ur4Yx9Cw2Nv7Kb5Qj1Dz8Mf6Ht3GsLaPoEiTnRcX
readonly setup=Bv3Mx8Kd1Tz6Hn4Ws9Jc2Rg7Fy5LpEaQoUiXtZs
readonly admins=Tk5Wq8Zn3Xv7Rb2Lc9Mj4Hd6Gf1SaPyUeQoIxBw

readonly allowed=$here/../reliability/secrets.allowed
readonly token_file=/home/alice/.config/claude-auth-sync/vault-token

found=$inside/found

# Options of memory-scan, and what a job of alice's is started through.
scan=() limits=()

# as_root JOB COMMAND...: runs it under memory-scan, whose lines go to $found with JOB in front.
as_root() {
  local job=$1 status=0
  shift
  /mnt/build/tests/reliability/memory-scan --waits "$waits" "${scan[@]}" "$inside/secrets" "${limits[@]}" "$@" \
    >"$inside/lines" 2>"$inside/said" || status=$?
  # Between its fork and its program a child is its parent; setpriv and env are the harness's.
  sed -nE 's/\.claude-auth-[0-9a-f]{16}/.new/
    s/^(memory|written|argv|environ|core|echo)\t/'"$job"'\t\1\t/p' "$inside/lines" |
    grep -vP '\t(setpriv|env|prlimit)\t' >>"$found" || true
  return "$status"
}

# as_alice JOB COMMAND...
as_alice() {
  local job=$1
  shift
  as_root "$job" setpriv --reuid alice --regid alice --init-groups --reset-env \
    env -C /home/alice HOME=/home/alice USER=alice LOGNAME=alice PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

# does JOB ARGUMENT...: claude-auth-sync of alice's, which goes well.
does() {
  local job=$1
  shift
  as_alice "$job" claude-auth-sync "$@" || fail "$job: exit status $?: $(said)"
}

know_secrets() {
  printf '%s\n' "login $login" "login $next_login" "setup $setup" "admin $admins" >"$inside/secrets"
  # The server's own prefix is not secret.
  [[ ! -f $token_file ]] || sed 's/^.*double/vault double/' "$token_file" >>"$inside/secrets"
}

a_server() {
  vault_root=hvs.TEST-$admins
  start_vault "$@" --root-token "$vault_root"
  # By name: a thread of libcurl's looks it up.
  sed -i 's/127\.0\.0\.1/localhost/' /etc/claude-auth-sync.conf
  vault_person alice
  know_secrets
}

jobs_of_a_login() {
  note_account alice
  write_credentials alice "$login"
  does backup backup
  lose_credentials alice
  does login login --codes
  lose_credentials alice
  does restore restore
  does sync sync
  does status status
  # Its exit status tells whether all is well, which without units it is not.
  as_alice doctor claude-auth-sync doctor || (($? == 1)) || fail "doctor: $(said)"
}

jobs_of_a_setup_token() {
  does 'setup-token set' setup-token set <<<"sk-ant-oat01-TEST-$setup"
  does 'sync, setup token' sync
  does exec exec --fetch -- true
  as_root session su -l alice -c true || fail "session: $(said)"
  # Where nothing else is usable a login takes the token from the store.
  lose_credentials alice
  rm "$(env_file alice)" "$(state_path alice)/state.json"
  does 'login, setup token' login --codes
  does 'setup-token remove' setup-token remove
  write_credentials alice "$next_login"
}

jobs_of_a_vault_token() {
  does 'vault-token check' vault-token check
  does 'vault-token set' vault-token set <"$token_file"
}

# Asked, answered, and asked again and left by Ctrl-C.
jobs_at_a_terminal() {
  local token=sk-ant-oat01-TEST-$setup typed=$inside/typed
  scan=(--types "$typed")
  cp "$token_file" "$typed"
  does 'vault-token set, terminal' vault-token set
  echo "$token" >"$typed"
  does 'setup-token set, terminal' setup-token set
  printf '%s\003' "$token" >"$typed"
  ! as_alice 'setup-token set, left' claude-auth-sync setup-token set || fail "it was not left"
  rm "$typed"
  scan=()
  same "whether the terminal echoes: afterwards, and while a job asks" "$(printf \
    '%s\techo\tafter\ton\n%s\techo\tclaude-auth-sync\toff\n' \
    {'setup-token set, left','setup-token set, terminal','vault-token set, terminal'}{,} | sort)" \
    "$(grep -P '\techo\t' "$found" | sort)"
  does 'setup-token remove' setup-token remove
}

# A life of a watch: it takes a login, a newer one, and heals that.
job_watch() {
  write_credentials alice "$login"
  forget_syslog
  does watch watch &
  local job=$!
  wait_for 60 "the first backup" stores "$login"
  write_credentials alice "$next_login"
  wait_for 60 "the second backup" stores "$next_login"
  wipe_credentials alice
  wait_for 60 "the healing" holds "$next_login"
  local watch
  watch=$(pgrep --exact --uid alice --oldest claude-auth-syn)
  until_idle
  kill "$watch"
  wait "$job"
}

jobs_of_the_admin() {
  local program=/usr/sbin/claude-auth-admin
  printf 'users:\n  alice: {claude_auth: true}\n' >/etc/claude-auth-sync.roster.yaml
  # Its exit status tells whether all are well, which alice is not after her crashes.
  VAULT_TOKEN=$vault_root as_root 'admin status' "$program" status || true
  VAULT_TOKEN=$vault_root as_root 'admin setup-token set' "$program" setup-token set alice \
    <<<"sk-ant-oat01-TEST-$setup" || fail "$(said)"
  VAULT_TOKEN=$vault_root as_root 'admin setup-token status' "$program" setup-token status alice ||
    fail "$(said)"
  ! VAULT_TOKEN=$vault_root as_root 'admin mistake' "$program" setup-token || fail "it was taken for none"
  VAULT_TOKEN=$vault_root as_root 'admin setup-token remove' "$program" setup-token remove alice ||
    fail "$(said)"
  rm "$token_file"
  (umask 077 && echo "$vault_root" >/root/.vault-token)
  as_root 'admin provision' "$program" provision || fail "$(said)"
  as_root 'admin provision again' "$program" provision || fail "$(said)"
  as_root 'admin doctor' "$program" doctor || (($? == 1)) || fail "doctor: $(said)"
  echo 'users: {}' >/etc/claude-auth-sync.roster.yaml
  as_root 'admin deprovision' "$program" deprovision alice || fail "$(said)"
}

# The job gives up in time, and its child with it.
job_of_a_store_that_hangs() {
  lose_credentials alice
  fault hang >/dev/null
  as_alice 'login, store hangs' claude-auth-sync login --codes --timeout 1000 || true
  no_fault >/dev/null
  as alice rm "$(state_path alice)/state.json"
}

# Where no memory may be locked, the job goes on and says so.
job_without_locked_memory() {
  limits=(prlimit --memlock=0:0)
  does 'login, memlock 0' login --codes
  limits=()
}

# Too little for a heap: what lives long is locked all the same.
job_with_little_locked_memory() {
  lose_credentials alice
  limits=(prlimit --memlock=65536:65536)
  does 'login, memlock 64 KiB' login --codes
  limits=()
}

jobs_of_the_local_store() {
  configure 'store = local'
  write_credentials alice "$login"
  does 'backup, local' backup
  lose_credentials alice
  does 'login, local' login --codes
}

# crashes SIGNAL PROCESS WAIT COMMAND...: there it gets the signal; "none" or "dumped" goes to $cores.
crashes() {
  local signal=$1 process=$2 wait=$3 kept=$found
  shift 3
  found=$inside/crash
  scan=(--crash "$process" "$wait" "$signal") limits=(prlimit --core=unlimited)
  as_alice crash "$@" || true
  scan=() limits=()
  cores+=$(sed -n "s/^crash\tcore\t$process\t$wait\t//p" "$found")' '
  rm "$found"
  found=$kept
}

no_core_files() {
  cores=
  crashes 11 sleep time sleep 60
  # Else nothing would be proved.
  same "a program that does not guard itself" 'dumped ' "$cores"
  cores=
  crashes 11 claude-auth-sync input claude-auth-sync setup-token set --no-check < <(sleep 60)
  crashes 6 claude-auth-sync child claude-auth-sync sync
  crashes 11 claude-auth-sync disk claude-auth-sync vault-token set <"$token_file"
  crashes 6 claude-auth-store network claude-auth-sync status
  crashes 11 claude-auth-store 'other program' claude-auth-sync sync
  same "core files" 'none none none none none ' "$cores"
}

# No file that was written meanwhile holds a secret but those that are there for it.
no_secret_in_other_files() {
  local secret
  while read -r _ secret; do
    grep -rlF -- "$secret" /home /tmp /run /root /mnt/overlays/*/upper "$syslog_file" "$inside/said" \
      2>/dev/null || true
  done <"$inside/secrets" | sort -u | grep -vE '^/home/alice/(\.claude/\.credentials\.json|\.local/share/claude-auth-sync/store/|\.config/claude-auth-sync/(claude-oauth\.env|vault-token)$)|^/root/\.vault-token$' >"$inside/files" || true
  same "other files that hold a secret" "" "$(cat "$inside/files")"
}

# Where secrets were, without the number of copies, each line with " | " in place of tabs.
without_numbers() { grep -vP '\techo\t' "$found" | sed -E 's/^([^\t]*\tmemory\t.*)\t[0-9]+$/\1/; s/\t/ | /g' | sort -u; }

only_what_is_allowed() {
  local lines job
  lines=$(grep -v '^#' "$allowed" | sort -u)
  same "where secrets are, and may not be (job | …)" "" \
    "$(without_numbers | grep -v ' | - | -$' | comm -13 <(echo "$lines") -)"
  # A scanner that sees nothing would be content with everything.
  contains "what was found" $'sync\tmemory\tclaude\tend\tlogin\tstack' "$(<"$found")"
  # Nor is one that kills what it should let end.
  contains "what was found" $'memory\tclaude-auth-store\tend\t-' "$(<"$found")"
  while read -r job; do
    grep -q "^$job	" "$found" || fail "$job: no line of it is in what was found"
  done < <(cut -d '|' -f 1 <<<"$lines" | sed 's/ $//' | sort -u)
}

# While Claude answers there are the token that is probed, and access and refresh token in the document
# that a backup compares with.
few_copies_while_claude_answers() {
  local at='^sync\tmemory\tclaude-auth-sync\tchild\tlogin\t'
  same "copies of the login while Claude answers" $'guarded\t1\nlocked heap\t2' \
    "$(grep -P "$at" "$found" | cut -f 6-)"
}

# The largest numbers over all jobs.
figures() {
  echo 'figure: | process | waits for | secret | where | copies at most |'
  grep -P '\tmemory\t' "$found" | cut -f 3- | grep -P '^(claude-auth-|su\t)' |
    sort -t $'\t' -k 1,4 -k 5,5nr | sort -t $'\t' -u -k 1,4 |
    grep -vP '^[^\t]*\t(?!end\t)[^\t]*\t-\t' | sed -E 's/\t/ | /g; s/^/figure: | /; s/$/ |/'
  echo "figure: | jobs | $(cut -f 1 "$found" | sort -u | wc -l) |"
  echo "figure: | places that secrets were written to | $(grep -P '\twritten\t' "$found" | cut -f 3-4 | sort -u | wc -l) |"
  echo "figure: | crashes, core files | $(wc -w <<<"$cores"), 0 |"
}

prove_secrets() {
  waits=3
  [[ $1 == bounded ]] || waits=1000
  # What kernel and manager of today give every process, whatever surrounds this one.
  ulimit -l 8192 2>/dev/null || skip "RLIMIT_MEMLOCK cannot be raised to 8 MiB here"
  : >"$found"
  know_secrets
  fake_claude alice AUTH_OK 0
  jobs_of_the_local_store
  a_server --tls
  jobs_of_a_login
  jobs_of_a_vault_token
  job_watch
  job_of_a_store_that_hangs
  job_without_locked_memory
  job_with_little_locked_memory
  jobs_at_a_terminal
  jobs_of_a_setup_token
  no_core_files
  jobs_of_the_admin
  no_secret_in_other_files
  [[ ! -v SHOW_FOUND ]] || without_numbers
  only_what_is_allowed
  few_copies_while_claude_answers
  figures
}
