# shellcheck shell=bash
# Many logins at the same time: how long the slowest and the middle one take, from 1 to 100 at
# once, each line the median of several rounds.

readonly sizes=(1 2 5 10 20 50 100)
readonly rounds=5

# make_crowd NUMBER: users u1 to uNUMBER without a password, each with a login in Vault that is
# lost here, and a header file for curl.
make_crowd() {
  local number name
  for ((number = 1; number <= $1; number++)); do
    name=u$number
    echo "$name:x:$((3000 + number)):$((3000 + number))::/home/$name:/bin/sh" >>/etc/passwd
    echo "$name:x:$((3000 + number)):" >>/etc/group
    install -d -m 0700 -o "$name" -g "$name" "/home/$name"
    vault_person "$name"
    backed_up "$name" "$name"
    printf 'X-Vault-Token: %s\nX-Vault-Request: true\n' \
      "$(cat "/home/$name/.config/claude-auth-sync/vault-token")" | put "$name" "/home/$name/header"
  done
}

# crowd FILE SIZE USER-PATTERN COMMAND...: one round more in FILE: "slowest middle".
crowd() {
  local file=$1
  shift
  "$programs/process-cost" crowd "$@" >>"$file"
}

lose_all() { rm -f /home/u*/.claude/.credentials.json; }

# all_restored SIZE: each of that many users has the own login back.
all_restored() {
  local number
  for ((number = 1; number <= $1; number++)); do
    same "generation of u$number" "u$number" "$(generation_of "u$number")"
  done
}

round() {
  local size=$1 before
  crowd "$inside/floor" "$size" u1 "$programs/static-true"
  crowd "$inside/warm" "$size" u1 /usr/bin/claude-auth-sync login --pam

  lose_credentials u1
  before=$(requests)
  crowd "$inside/one-user" "$size" u1 /usr/bin/claude-auth-sync login --pam
  same "store reads of $size logins of one user" 1 $(($(requests) - before))

  lose_all
  crowd "$inside/many-users" "$size" u%n /usr/bin/claude-auth-sync login --pam
  all_restored "$size"
  crowd "$inside/curl" "$size" u%n /usr/bin/curl --silent --fail \
    --cacert "$inside/vault-ca.pem" --header @/home/u%n/header \
    "$vault_address/v1/secret/data/workstation/claude-users/u%n"
}

# slowest FILE, middle FILE: the median over the rounds.
slowest() { cut -d ' ' -f 1 "$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"; }
middle() { cut -d ' ' -f 2 "$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"; }

measure() {
  start_vault --tls
  make_crowd "${sizes[-1]}"
  printf '%8s %s\n' "" "the slowest of so many at once, ms (the middle one)"
  printf '%8s %16s %16s %16s %16s %16s\n' "at once" "static true" "one user, warm" \
    "one user, lost" "each own, lost" "curl, the same"
  local size kind
  for size in "${sizes[@]}"; do
    rm -f "$inside"/{floor,warm,one-user,many-users,curl}
    for ((number = 0; number < rounds; number++)); do round "$size"; done
    printf '%8s' "$size"
    for kind in floor warm one-user many-users curl; do
      printf ' %16s' "$(slowest "$inside/$kind") ($(middle "$inside/$kind"))"
    done
    printf '\n'
  done
}
