path "secret/data/workstation/claude-users/emo" {
  capabilities = ["create", "read", "update"]
}
path "secret/metadata/workstation/claude-users/emo" {
  capabilities = ["read"]
}
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
