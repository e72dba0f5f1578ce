# shellcheck shell=bash
# A Vault on loopback: the test suite's double, or a real server in development mode.

vault_root=TEST-root-token

# The bao or vault that VAULT_BIN names, else the one in PATH; nothing where there is none.
real_vault() { echo "${VAULT_BIN:-$(type -P bao || type -P vault || true)}"; }

# start_server [--tls]: the double, or, with SERVER=real, a real server.
start_server() {
  if [[ ${SERVER:-} == real ]]; then start_real_vault "$(real_vault)"; else start_vault "$@"; fi
}

# start_vault [--tls]: the double; then the configuration names it. $vault_address, $vault_name.
start_vault() {
  local options=("$@")
  [[ " $* " != *" --tls "* ]] || options+=(--ca-out "$inside/vault-ca.pem")
  exec {double_output}< <(echo "$BASHPID"; exec /mnt/build/tests/vault/vault-double --port 0 \
    --root-token "$vault_root" "${options[@]}" 2>"$inside/double.log")
  read -r server_pid <&"$double_output"
  server_reader=
  read -r vault_address <&"$double_output" || {
    echo "the Vault double did not start: $(cat "$inside/double.log")" >&2
    return 1
  }
  vault_name="Vault double"
  vault_lines=('store = vault' '[vault]' "address = $vault_address")
  [[ " $* " != *" --tls "* ]] || vault_lines+=("ca_cert = $inside/vault-ca.pem")
  configure "${vault_lines[@]}"
}

# The server ends; nothing listens at its address any more.
stop_vault() {
  kill "$server_pid"
  # Its output ends with it.
  if [[ -n $server_reader ]]; then wait "$server_reader"; else ! read -r <&"$double_output"; fi
}

# fault KIND [MEMBERS]: from now on every request meets this fault (tests/vault/fault.h); MEMBERS
# are more of its JSON, such as '"delay_ms": 10000'.
fault() {
  vault_api POST sys/double/fault "{\"kind\": \"$1\", \"times\": -1${2:+, $2}}"
}

no_fault() { vault_api DELETE sys/double/fault; }

# How many requests the double has had.
requests() { vault_api GET sys/double/stats | sed -n 's/.*"requests" *: *\([0-9]*\).*/\1/p'; }

# start_real_vault PROGRAM: a bao or vault in development mode; then the configuration names it.
start_real_vault() {
  local line
  vault_address=http://127.0.0.1:8200
  exec {vault_output}< <(echo "$BASHPID"; exec "$1" server -dev -dev-root-token-id="$vault_root" \
    -dev-no-store-token -dev-listen-address=127.0.0.1:8200 2>&1)
  read -r server_pid <&"$vault_output"
  while read -r line <&"$vault_output"; do
    [[ $line != *'server started!'* ]] || break
  done
  [[ $line == *'server started!'* ]] || {
    echo "$1 did not start: $line" >&2
    return 1
  }
  cat <&"$vault_output" >"$inside/vault.log" &
  server_reader=$!
  vault_name=$("$1" version | head -n 1)
  configure 'store = vault' '[vault]' "address = $vault_address"
}

# vault_api METHOD PATH [JSON]: one request with the root token; prints the reply, fails unless 2xx.
vault_api() {
  curl --silent --show-error --fail --insecure --request "$1" --header @- \
    ${3:+--data "$3"} "$vault_address/v1/$2" <<<"X-Vault-Token: $vault_root"
}

# vault_person NAME: the policy and the scoped token of DESIGN; the token into NAME's file.
vault_person() {
  local policy
  policy="path \\\"secret/data/workstation/claude-users/$1\\\" { capabilities = [\\\"create\\\", \\\"read\\\", \\\"update\\\"] }"
  vault_api POST "sys/policies/acl/workstation-claude-$1" "{\"policy\": \"$policy\"}" >/dev/null
  vault_token "{\"display_name\": \"devvm-claude-auth-$1\", \"policies\": [\"workstation-claude-$1\"],
    \"period\": \"768h\"}" | put "$1" "/home/$1/.config/claude-auth-sync/vault-token"
}

# vault_token JSON: mints a token as JSON says and prints it.
vault_token() {
  vault_api POST auth/token/create "$1" | sed -n 's/.*"client_token" *: *"\([^"]*\)".*/\1/p'
}

# document_of NAME: the stored document.
document_of() { vault_api GET "secret/data/workstation/claude-users/$1"; }
