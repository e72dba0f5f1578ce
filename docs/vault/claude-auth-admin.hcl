# What claude-auth-admin needs with a token role, and not a capability more
# (tests/admin/admin_policy_test.cpp). Whoever may write policies and have tokens with them minted
# can do all that these policies may be made to say: README.md has the way without that.

# provision: each user's policy is read, and written where it differs.
path "sys/policies/acl/workstation-claude-*" {
  capabilities = ["read", "update"]
}

# provision: tokens, by the role and within its bounds.
path "auth/token/create/claude-auth" {
  capabilities = ["update"]
}

# provision, deprovision: whose is an accessor? Revoke it.
path "auth/token/lookup-accessor" {
  capabilities = ["update"]
}
path "auth/token/revoke-accessor" {
  capabilities = ["update"]
}

# status reads the users' documents; setup-token writes into them.
path "secret/data/workstation/claude-users/*" {
  capabilities = ["create", "read", "update"]
}

# deprovision --purge.
path "secret/metadata/workstation/claude-users/*" {
  capabilities = ["delete"]
}

# doctor: how long may tokens live, is the role as it should be?
path "sys/mounts/auth/token/tune" {
  capabilities = ["read"]
}
path "auth/token/roles/claude-auth" {
  capabilities = ["read"]
}

# The admin's own token, should the policy `default` not be attached to it.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
