# shellcheck shell=bash
# Each variable that moves a path or the store: outside PAM it does so, inside PAM a user who sets
# it wherever sshd, PAM and the shell look for variables changes nothing.

# user_sets NAME VALUE: in alice's session every place that a user has for variables says so.
user_sets() {
  echo "$1 DEFAULT=$2" | put alice /home/alice/.pam_environment
  echo "$1=$2" | put alice /home/alice/.ssh/environment
  echo "export $1=$2" | put alice /home/alice/.profile
  same "$1 in the session" "$2" "$(ssh_as alice printenv "$1")"
}

# restored_in_the_usual_place NAME VALUE: a login of alice, who sets NAME, restores what is lost as
# if NAME were not there. VALUE is a path below which nothing may appear.
restored_in_the_usual_place() {
  backed_up alice one
  user_sets "$1" "$2"
  lose_credentials alice
  ssh_as alice true
  same generation one "$(generation_of alice)"
  absent "$2"
}

readonly elsewhere=/home/alice/elsewhere

case_config_dir_moves_the_credentials_outside() {
  as alice mkdir "$elsewhere"
  credentials one | put alice "$elsewhere/.credentials.json"
  as alice env CLAUDE_CONFIG_DIR="$elsewhere" claude-auth-sync backup
  rm "$elsewhere/.credentials.json"
  as alice env CLAUDE_CONFIG_DIR="$elsewhere" claude-auth-sync restore
  contains "the file elsewhere" TEST-refresh-one "$(cat "$elsewhere/.credentials.json")"
  same "the usual file" none "$(generation_of alice)"
}

case_config_dir_moves_nothing_inside() { restored_in_the_usual_place CLAUDE_CONFIG_DIR "$elsewhere"; }

case_credentials_file_moves_the_credentials_outside() {
  credentials one | put alice "$elsewhere/login.json"
  as alice env CLAUDE_CREDENTIALS_FILE="$elsewhere/login.json" claude-auth-sync backup
  rm "$elsewhere/login.json"
  as alice env CLAUDE_CREDENTIALS_FILE="$elsewhere/login.json" claude-auth-sync restore
  contains "the file elsewhere" TEST-refresh-one "$(cat "$elsewhere/login.json")"
  same "the usual file" none "$(generation_of alice)"
}

case_credentials_file_moves_nothing_inside() {
  restored_in_the_usual_place CLAUDE_CREDENTIALS_FILE "$elsewhere"
}

case_auth_config_dir_moves_the_env_file_outside() {
  as alice env CLAUDE_AUTH_CONFIG_DIR="$elsewhere" \
    claude-auth-sync setup-token set --no-check <<<"$setup_token"
  contains "the env file elsewhere" "$setup_token" "$(cat "$elsewhere/claude-oauth.env")"
  absent /home/alice/.config/claude-auth-sync/claude-oauth.env
}

# The token goes to the usual env file, whatever NAME says.
token_in_the_usual_place() {
  sync_as alice setup-token set --no-check <<<"$setup_token" || fail "$(said)"
  rm /home/alice/.config/claude-auth-sync/claude-oauth.env
  user_sets "$1" "$2"
  rm -f /home/alice/.config/claude-auth-sync/claude-oauth.env
  ssh_as alice true
  contains "the usual env file" "$setup_token" \
    "$(cat /home/alice/.config/claude-auth-sync/claude-oauth.env)"
  absent "$2"
}

case_auth_config_dir_moves_nothing_inside() {
  token_in_the_usual_place CLAUDE_AUTH_CONFIG_DIR "$elsewhere"
}

case_token_env_file_moves_the_env_file_outside() {
  as alice mkdir "$elsewhere"
  as alice env CLAUDE_AUTH_TOKEN_ENV_FILE="$elsewhere/token.env" \
    claude-auth-sync setup-token set --no-check <<<"$setup_token"
  contains "the env file elsewhere" "$setup_token" "$(cat "$elsewhere/token.env")"
  absent /home/alice/.config/claude-auth-sync/claude-oauth.env
}

case_token_env_file_moves_nothing_inside() {
  token_in_the_usual_place CLAUDE_AUTH_TOKEN_ENV_FILE "$elsewhere"
}

case_state_dir_moves_the_state_outside() {
  write_credentials alice one
  as alice env CLAUDE_AUTH_STATE_DIR="$elsewhere" claude-auth-sync backup
  contains "the log elsewhere" OK "$(cat "$elsewhere/sync.log")"
  absent "$(state_path alice)"
}

case_state_dir_moves_nothing_inside() {
  restored_in_the_usual_place CLAUDE_AUTH_STATE_DIR "$elsewhere"
}

case_relative_override_is_refused_outside() {
  write_credentials alice one
  ! as alice env CLAUDE_AUTH_STATE_DIR=elsewhere claude-auth-sync backup 2>"$inside/said" ||
    fail "taken"
  contains "what the person is told" CLAUDE_AUTH_STATE_DIR "$(said)"
}

case_vault_token_file_is_taken_outside() {
  start_vault
  vault_person alice
  as alice mv /home/alice/.config/claude-auth-sync/vault-token /home/alice/my-token
  write_credentials alice one
  as alice env CLAUDE_AUTH_VAULT_TOKEN_FILE=/home/alice/my-token claude-auth-sync backup
  contains "the document" TEST-refresh-one "$(document_of alice)"
}

case_vault_token_file_is_not_taken_inside() {
  start_vault
  vault_person alice
  backed_up alice one
  vault_token '{"display_name": "of-somebody-else"}' | put alice "$elsewhere"
  user_sets CLAUDE_AUTH_VAULT_TOKEN_FILE "$elsewhere"
  lose_credentials alice
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_vault_path_is_taken_outside() {
  start_vault
  vault_person alice
  write_credentials alice one
  vault_api POST sys/policies/acl/workstation-claude-alice \
    '{"policy": "path \"secret/data/made/up\" { capabilities = [\"create\", \"read\", \"update\"] }"}'
  as alice env CLAUDE_AUTH_VAULT_PATH=made/up claude-auth-sync backup
  contains "the document" TEST-refresh-one "$(vault_api GET secret/data/made/up)"
}

case_vault_path_is_not_taken_inside() {
  start_vault
  vault_person alice
  backed_up alice one
  user_sets CLAUDE_AUTH_VAULT_PATH made/up
  lose_credentials alice
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_auth_user_names_the_document_outside() {
  start_vault
  vault_person bob
  put alice /home/alice/.config/claude-auth-sync/vault-token \
    </home/bob/.config/claude-auth-sync/vault-token
  write_credentials alice one
  as alice env CLAUDE_AUTH_USER=bob claude-auth-sync backup
  contains "the document" TEST-refresh-one "$(document_of bob)"
}

case_auth_user_names_nothing_inside() {
  start_vault
  vault_person alice
  backed_up alice one
  user_sets CLAUDE_AUTH_USER bob
  lose_credentials alice
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_vault_addr_is_taken_outside() {
  start_vault
  vault_person alice
  configure 'store = vault' '[vault]' 'address = http://127.0.0.1:9'
  write_credentials alice one
  as alice env VAULT_ADDR="$vault_address" claude-auth-sync backup
  contains "the document" TEST-refresh-one "$(document_of alice)"
}

# backup_with ASSIGNMENT...: alice's backup over TLS with more variables, without a CA in the
# configuration; what it says is kept for `said`.
backup_with() {
  start_vault --tls
  vault_person alice
  configure 'store = vault' '[vault]' "address = $vault_address"
  write_credentials alice one
  as alice env "$@" claude-auth-sync backup >"$inside/said" 2>&1
}

case_vault_cacert_is_taken_outside() {
  backup_with VAULT_CACERT="$inside/vault-ca.pem" || fail "$(said)"
  contains "the document" TEST-refresh-one "$(document_of alice)"
}

case_without_its_authority_a_server_is_not_believed() {
  ! backup_with VAULT_MAX_RETRIES=0 || fail "it was: $(said)"
  contains "what the person is told" FAIL "$(said)"
}

case_vault_tls_server_name_is_taken_outside() {
  ! backup_with VAULT_CACERT="$inside/vault-ca.pem" VAULT_TLS_SERVER_NAME=elsewhere.example.org \
    VAULT_MAX_RETRIES=0 || fail "another server was believed: $(said)"
}

case_vault_proxy_addr_is_taken_outside() {
  ! backup_with VAULT_CACERT="$inside/vault-ca.pem" VAULT_PROXY_ADDR=http://127.0.0.1:9 \
    VAULT_MAX_RETRIES=0 || fail "the proxy was passed by: $(said)"
}

case_half_a_client_certificate_is_refused_outside() {
  ! backup_with VAULT_CLIENT_CERT=/home/alice/cert.pem || fail "taken: $(said)"
  contains "what the person is told" VAULT_CLIENT_KEY "$(said)"
}

case_vault_client_timeout_is_taken_outside() {
  local milliseconds
  start_vault
  vault_person alice
  write_credentials alice one
  fault hang
  ! milliseconds=$(took as alice env VAULT_CLIENT_TIMEOUT=1 VAULT_MAX_RETRIES=0 \
    claude-auth-sync backup) || fail "it worked"
  at_most "milliseconds of the backup" 4000 "$milliseconds"
}

# not_taken_inside NAME VALUE: a login reaches the configured Vault, whatever NAME says.
not_taken_inside() {
  start_vault
  vault_person alice
  backed_up alice one
  user_sets "$1" "$2"
  lose_credentials alice
  ssh_as alice true
  same generation one "$(generation_of alice)"
}

case_vault_addr_is_not_taken_inside() { not_taken_inside VAULT_ADDR http://127.0.0.1:9; }
case_vault_cacert_is_not_taken_inside() { not_taken_inside VAULT_CACERT /home/alice/no-ca; }
case_vault_capath_is_not_taken_inside() { not_taken_inside VAULT_CAPATH /home/alice/no-cas; }
case_vault_client_cert_is_not_taken_inside() { not_taken_inside VAULT_CLIENT_CERT /home/alice/no-cert; }
case_vault_client_key_is_not_taken_inside() { not_taken_inside VAULT_CLIENT_KEY /home/alice/no-key; }
case_vault_tls_server_name_is_not_taken_inside() { not_taken_inside VAULT_TLS_SERVER_NAME elsewhere; }
case_vault_namespace_is_not_taken_inside() { not_taken_inside VAULT_NAMESPACE elsewhere; }
case_vault_client_timeout_is_not_taken_inside() { not_taken_inside VAULT_CLIENT_TIMEOUT nonsense; }
case_vault_max_retries_is_not_taken_inside() { not_taken_inside VAULT_MAX_RETRIES nonsense; }
case_vault_proxy_addr_is_not_taken_inside() { not_taken_inside VAULT_PROXY_ADDR http://127.0.0.1:9; }
case_vault_token_is_not_taken_inside() { not_taken_inside VAULT_TOKEN TEST-not-mine; }
case_https_proxy_is_not_taken_inside() { not_taken_inside HTTPS_PROXY http://127.0.0.1:9; }

case_vault_token_is_not_taken_outside() {
  start_vault
  vault_person alice
  write_credentials alice one
  as alice env VAULT_TOKEN=TEST-not-mine claude-auth-sync backup
  contains "the document" TEST-refresh-one "$(document_of alice)"
}
