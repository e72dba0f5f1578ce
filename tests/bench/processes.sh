# shellcheck shell=bash
# Whole processes beside what people would run in their place: a login that reads Vault beside one
# curl, and a sync beside the same steps by hand.

heading() {
  printf '%-46s %16s   %16s   %18s   %18s\n' "" "ours, ms" "peer, ms" "ours by peer" "peer by ours" \
    "ours; the peer" "wall     cpu" "wall     cpu" "wall       cpu" "wall       cpu"
}

# compare WHAT ROUNDS USER COMMAND... -- PEER...
compare() {
  local what=$1 figures
  shift
  figures=$("$programs/process-cost" pair "$@")
  awk -v what="$what" '{
    printf "%-46s %8.2f %7.2f   %8.2f %7.2f   %7.2f x %6.2f x   %7.2f x %6.2f x\n",
      what, $1, $2, $3, $4, $1 / $3, $2 / $4, $3 / $1, $4 / $2 }' <<<"$figures"
}

# a_client_that_agrees: in Claude Code's place, so that a setup token is accepted.
a_client_that_agrees() {
  printf '#!/bin/sh\necho AUTH_OK\n' >/usr/local/bin/claude
  chmod 0755 /usr/local/bin/claude
}

# What a sync does for a setup token in force, in the words of a shell: look the token up and see
# that it is the user's own, renew it, read the document, compare the env file, remember and log.
# by_hand PATH: its program, with the functions look_up, renew and read_document from standard input.
by_hand() {
  {
    cat <<'END'
#!/bin/bash
set -euo pipefail
cd ~/.local/state/claude-auth-sync
exec 9>>by-hand.lock
flock -n 9
export VAULT_TOKEN
VAULT_TOKEN=$(<~/.config/claude-auth-sync/vault-token)
END
    cat
    cat <<'END'
facts=$(look_up)
jq -e '.data.display_name == "token-devvm-claude-auth-carol" and
  ((.data.policies + (.data.identity_policies // [])) | index("workstation-claude-carol"))' \
  <<<"$facts" >/dev/null
renew >/dev/null
token=$(read_document | jq -er .data.data.setup_token)
line=CLAUDE_CODE_OAUTH_TOKEN=$token
env=~/.config/claude-auth-sync/claude-oauth.env
if [[ $(<"$env") != "$line" ]]; then
  (umask 077; echo "$line" >"$env.new"; mv "$env.new" "$env")
fi
date +%s >by-hand.new
mv by-hand.new by-hand.stamp
echo "$(date --iso-8601=seconds) OK setup token in force" >>by-hand.log
logger -t by-hand "user=$USER OK setup token in force"
END
  } >"$1"
  chmod 0755 "$1"
}

by_curl() {
  by_hand "$inside/by-curl" <<END
ask() {
  curl --silent --show-error --fail --cacert $inside/vault-ca.pem --header @- "\$@" \\
    <<<"X-Vault-Token: \$VAULT_TOKEN"
}
look_up() { ask $vault_address/v1/auth/token/lookup-self; }
renew() { ask --request POST $vault_address/v1/auth/token/renew-self; }
read_document() { ask $vault_address/v1/secret/data/workstation/claude-users/carol; }
END
}

by_cli() {
  by_hand "$inside/by-cli" <<END
export VAULT_ADDR=$vault_address VAULT_CACERT=$inside/vault-ca.pem
export BAO_ADDR=$vault_address BAO_CACERT=$inside/vault-ca.pem BAO_TOKEN=\$VAULT_TOKEN
look_up() { $1 token lookup -format=json; }
renew() { $1 token renew -format=json; }
read_document() { $1 kv get -format=json secret/workstation/claude-users/carol; }
END
}

measure() {
  for name in alice bob carol; do make_person "$name"; done
  start_vault --tls
  for name in alice carol; do vault_person "$name"; done
  backed_up alice one
  heading

  configure 'fresh_for = 0' "${vault_lines[@]}"
  printf 'X-Vault-Token: %s\nX-Vault-Request: true\n' \
    "$(cat /home/alice/.config/claude-auth-sync/vault-token)" | put alice /home/alice/header
  compare "login, one read of Vault over TLS; curl" 200 alice \
    /usr/bin/claude-auth-sync login --pam -- \
    /usr/bin/curl --silent --fail --cacert "$inside/vault-ca.pem" --header @/home/alice/header \
    "$vault_address/v1/secret/data/workstation/claude-users/alice"

  a_client_that_agrees
  sync_as carol setup-token set --no-check <<<"$setup_token" || fail "setup-token set: $(said)"
  sync_as carol sync || fail "sync: $(said)"
  by_curl
  compare "sync, setup token in force; curl and jq" 100 carol \
    /usr/bin/claude-auth-sync sync -- "$inside/by-curl"
  local cli=${VAULT_BIN:-$(type -P bao || type -P vault || true)}
  if [[ -z $cli ]]; then
    echo "(no bao or vault here: the same sync beside it was not measured)"
    return
  fi
  by_cli "$cli"
  compare "sync, setup token in force; $("$cli" version | sed 's/ .*//')" 50 carol \
    /usr/bin/claude-auth-sync sync -- "$inside/by-cli"
}
