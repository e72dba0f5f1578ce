# shellcheck shell=bash
# What people, the admin, Claude and time do in the tests, and what can be seen of it.

# configure LINE...: the admin's configuration file, in place of an earlier one.
configure() { printf '%s\n' "$@" >/etc/claude-auth-sync.conf; }

# ssh_as NAME [COMMAND...]: a session over the real sshd.
ssh_as() {
  local name=$1
  shift
  ssh -F "$inside/ssh-config" -l "$name" workstation "$@" </dev/null
}

# as NAME PROGRAM [ARGUMENT...]: runs it as that user with a person's environment, outside PAM.
# Standard input is passed on.
as() {
  local name=$1
  shift
  setpriv --reuid "$name" --regid "$name" --init-groups --reset-env \
    env -C "/home/$name" HOME="/home/$name" USER="$name" LOGNAME="$name" \
    PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

# sync_as NAME COMMAND...: claude-auth-sync by hand; its words are kept for `said`.
sync_as() {
  local name=$1
  shift
  as "$name" claude-auth-sync "$@" >"$inside/said" 2>&1
}

# What the last `sync_as` told the person.
said() { cat "$inside/said"; }

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

credentials_path() { echo "/home/$1/.claude/.credentials.json"; }
state_path() { echo "/home/$1/.local/state/claude-auth-sync"; }

# credentials GENERATION [MINUTES]: Claude's file with made-up tokens; the access token lives
# MINUTES more (default eight hours; negative: has run out).
credentials() {
  local generation=$1 minutes=${2:-480}
  cat <<END
{
  "claudeAiOauth": {
    "accessToken": "sk-ant-oat01-TEST-access-$generation",
    "refreshToken": "sk-ant-ort01-TEST-refresh-$generation",
    "expiresAt": $(($(now_ms) + minutes * 60000)),
    "scopes": ["user:inference", "user:profile"],
    "subscriptionType": "max"
  },
  "mcpOAuth": { "made-up-server": { "accessToken": "TEST-mcp", "expiresAt": 1 } }
}
END
}

# put NAME PATH: standard input becomes the file at PATH, owned by NAME, 0600, as if NAME wrote it.
put() { as "$1" bash -c 'umask 077; mkdir -p "${1%/*}"; cat >"$1.new"; mv -T "$1.new" "$1"' put "$2"; }

write_credentials() {
  local name=$1
  shift
  credentials "$@" | put "$name" "$(credentials_path "$name")"
}

# What Claude writes on invalid_grant: the object stays, its tokens are empty.
wipe_credentials() {
  put "$1" "$(credentials_path "$1")" <<'END'
{
  "claudeAiOauth": {
    "accessToken": "",
    "refreshToken": "",
    "expiresAt": 0,
    "scopes": ["user:inference", "user:profile"],
    "subscriptionType": "max"
  },
  "mcpOAuth": { "made-up-server": { "accessToken": "TEST-mcp", "expiresAt": 1 } }
}
END
}

lose_credentials() { rm "$(credentials_path "$1")"; }

# What `claude auth logout` leaves.
log_out() {
  lose_credentials "$1"
  remove_account "$1"
}

# The second half of that.
remove_account() { echo '{ "hasCompletedOnboarding": true }' | put "$1" "/home/$1/.claude.json"; }

# The account that Claude notes in .claude.json while somebody is logged in.
note_account() {
  echo '{ "hasCompletedOnboarding": true, "oauthAccount": { "emailAddress": "person@example.org" } }' |
    put "$1" "/home/$1/.claude.json"
}

# generation_of NAME: which generation the credentials file holds: its name, `wiped`, `none`
# where there is no file, `broken` where it is anything else.
generation_of() {
  local path text
  path=$(credentials_path "$1")
  [[ -e $path ]] || { echo none; return; }
  text=$(tr -d ' \n\0' <"$path")
  if [[ $text == '{'* && $text =~ \"accessToken\":\"sk-ant-oat01-TEST-access-([A-Za-z0-9-]+)\" &&
    $text == *"\"refreshToken\":\"sk-ant-ort01-TEST-refresh-${BASH_REMATCH[1]}\""* ]]; then
    echo "${BASH_REMATCH[1]}"
  elif [[ $text == *'"accessToken":"","refreshToken":""'* ]]; then
    echo wiped
  else
    echo broken
  fi
}

# backed_up NAME GENERATION: a person with a note of their account, whose login GENERATION is
# valid and in the store.
backed_up() {
  note_account "$1"
  write_credentials "$1" "$2"
  sync_as "$1" backup || fail "backup of generation $2: $(said)"
}

# token_in_session NAME: CLAUDE_CODE_OAUTH_TOKEN in a new ssh session: its value, `unset`, or empty.
token_in_session() { ssh_as "$1" 'echo "${CLAUDE_CODE_OAUTH_TOKEN-unset}"'; }

# fingerprint PATH...: every file below: type, mode, owner, name, link target, content.
fingerprint() {
  find "$@" -printf '%y %m %u %p %l\n' -type f -exec sha256sum {} + 2>/dev/null | sort
}

readonly setup_token=sk-ant-oat01-TEST-setup-token
