# shellcheck shell=bash
# A store that means harm: what it says reaches no terminal, log, env file or environment as
# anything but text.

# What it says, as the inside of a JSON string. The word tells where it comes out again.
declare -A payloads=(
  [line]='Marker\nLD_PRELOAD=/home/alice/x.so\n2026-01-01T00:00:00Z OK forged'
  [syslog line]='Marker\nuser=root FAIL forged'
  [carriage return]='Marker\rOK forged'
  [NUL]='Marker\u0000LD_PRELOAD=/home/alice/x.so'
  [escape sequence]='Marker\u001b[2J\u001b]0;owned\u0007\u001b[31m'
  [C1 control]='Marker\u009b31m\u0090q'
  [direction]='Marker\u202eforged\u2028'
  [format]='Marker%n%s%1000000d%p'
  [command]='Marker$(touch /home/alice/executed)`touch /home/alice/executed`;touch /home/alice/executed'
  [quotes]='Marker\"'\''\\\";touch /home/alice/executed;'
  [backspace]='Marker\b\b\b\b\u007f'
)
payloads[length]=Marker$(printf '%06000d' 0)
readonly payloads
readonly roster=/etc/claude-auth-sync.roster.yaml
readonly shown=$inside/shown

# nested TEXT: JSON as the inside of a JSON string.
nested() {
  local text=${1//\\/\\\\}
  echo "${text//\"/\\\"}"
}

put_document() { vault_api POST secret/data/workstation/claude-users/alice "{\"data\": {$1}}" >/dev/null; }

# oauth ACCESS-TOKEN REFRESH-TOKEN MORE: the member with the login.
oauth() {
  local login="{\"accessToken\":\"$1\",\"refreshToken\":\"$2\",\"expiresAt\":$(($(now_ms) + 9000000))$3}"
  printf '"claude_ai_oauth_json":"%s"' "$(nested "$login")"
}

# The scenes: what of the server holds the text $1.
scene_setup_token() {
  put_document "\"setup_token\":\"sk-ant-oat01-TEST-$1\",\"setup_token_stored_at\":\"$1\""
}
scene_tokens_of_the_login() { put_document "$(oauth "sk-ant-oat01-TEST-$1" "sk-ant-ort01-TEST-$1" '')"; }
scene_rest_of_the_document() {
  local member=",\"made-up\":\"$1\""
  # No name can hold it: jansson refuses the whole document.
  [[ $1 == *'\u0000'* ]] || member=",\"$1\":\"$1\""
  put_document "$(oauth sk-ant-oat01-TEST-a sk-ant-ort01-TEST-a \
    ",\"scopes\":[\"user:inference\",\"$1\"],\"subscriptionType\":\"$1\"$member"),
    \"backed_up_by\":\"$1\",\"backed_up_at\":\"$1\",\"credential_expires_at_ms\":\"$1\"$member"
}
scene_errors_of_the_server() {
  fault answer "\"status\": 400, \"body\": \"$(nested "{\"errors\":[\"$1\"],\"warnings\":[\"$1\"]}")\""
}
scene_owner_of_the_token() {
  fault answer "\"path\": \"auth/token/lookup-self\", \"status\": 200, \"body\": \"$(nested \
    "{\"data\":{\"display_name\":\"$1\",\"policies\":[\"$1\"],\"accessor\":\"$1\",\"ttl\":60,\"renewable\":true}}")\""
}

# The names of a session's variables, one a line; a line break in a value adds none.
names_of() { tr '\n\0' '?\n' <"$1" | sed 's/=.*//' | sort; }

# in_a_terminal: what a person sees who logs in and asks.
in_a_terminal() {
  ssh -F "$inside/ssh-config" -tt -l alice workstation '
    env -0 >environment
    for job in status "status --json" doctor sync; do claude-auth-sync $job; echo "exit $?"; done' \
    </dev/null 2>&1 || true
}

as_admin() {
  local job
  for job in status 'status --json' 'status --prometheus' doctor; do
    # shellcheck disable=SC2086
    VAULT_TOKEN=$vault_root claude-auth-admin $job 2>&1 || echo "exit $?"
  done
}

# only_printable FILE: neither control characters nor bytes that a terminal may take for some; a
# carriage return at a line's end is the terminal's own.
only_printable() {
  local found
  ! found=$(sed 's/\r$//' "$1" | tr '\n' ' ' | LC_ALL=C grep -o '.\{0,40\}[^ -~].\{0,20\}') ||
    fail "$what: not printable in $1: $(head -n 3 <<<"$found" | cat -v)"
}

# What must hold of every place to which something was written.
check_sinks() {
  local line log=/home/alice/.local/state/claude-auth-sync/sync.log env_file=/home/alice/.config/claude-auth-sync/claude-oauth.env
  logged >"$inside/logged"
  only_printable "$inside/logged"
  only_printable "$shown"
  only_printable "$log"
  while read -r line; do
    [[ $line =~ ^20[0-9:TZ-]+\ (OK|SKIP|WARN|RECOVERED|FAIL)\  ]] || fail "$what: a line of sync.log: $line"
  done <"$log"
  ! grep -Ev 'claude-auth|sshd|pam_|su:|systemd' "$inside/logged" || fail "$what: a line of the system's log"
  ! grep -E '^exit (12[6-9]|1[3-9].|2..)' "$shown" || fail "$what: a program crashed"
  ! grep -q 'killed by signal' "$inside/logged" || fail "$what: the helper crashed"
  if [[ -e $env_file ]]; then
    same "$what: lines of the env file" 1 "$(wc -l <"$env_file")"
    grep -Eqx 'CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-[A-Za-z0-9_-]+' "$env_file" || fail "$what: the env file"
  fi
  same "$what: variables of the session" "$usual_names" \
    "$(names_of /home/alice/environment | grep -vx CLAUDE_CODE_OAUTH_TOKEN)"
  absent /home/alice/executed
}

# Alice as she is when a new machine meets the store.
start_over() {
  no_fault >/dev/null 2>&1 || true
  rm -rf /home/alice/.local/state /home/alice/.claude /home/alice/.config/claude-auth-sync/claude-oauth.env
  forget_syslog
}

# play SCENE SECRET: each text in that scene; where SECRET is yes, it must come out nowhere.
play() {
  local kind what mentions=0 runs=0
  for kind in "${kinds[@]}"; do
    what="${1//_/ }, $kind"
    start_over
    "scene_$1" "${payloads[$kind]}"
    in_a_terminal >"$shown"
    as_admin >>"$shown"
    check_sinks
    runs=$((runs + 1))
    if grep -q Marker "$shown" "$inside/logged"; then mentions=$((mentions + 1)); fi
  done
  [[ $2 == no ]] || same "${1//_/ }: times that a secret is shown" 0 "$mentions"
  echo "figure: | ${1//_/ } | $runs | $mentions |"
}

hostile_store() {
  kinds=("${!payloads[@]}")
  [[ $1 == full ]] || kinds=(line NUL 'escape sequence' format command)
  make_keys
  make_person alice
  start_sshd
  start_vault
  configure 'fresh_for = 0' 'retry_after = 0' "${vault_lines[@]}"
  printf 'users:\n  alice: {claude_auth: true}\n' >"$roster"
  VAULT_TOKEN=$vault_root claude-auth-admin provision >"$inside/said" 2>&1 || fail "$(said)"
  printf '#!/bin/sh\necho AUTH_OK\n' | put alice /home/alice/.local/bin/claude
  chmod 0755 /home/alice/.local/bin/claude
  note_account alice

  in_a_terminal >"$shown"
  usual_names=$(names_of /home/alice/environment)
  pam_line sshd
  echo 'figure: | in the store | hostile texts | shown to somebody |'
  echo 'figure: | --- | --- | --- |'
  play setup_token yes
  play tokens_of_the_login yes
  play rest_of_the_document no
  play errors_of_the_server no
  play owner_of_the_token no
}
