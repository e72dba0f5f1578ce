# shellcheck shell=bash
# A user who owns his home against the real sshd. What he can do to a session is counted in
# tests/reliability/hostile_user.cpp.

# Takes Claude's directory and ours away, and puts links to root's and bob's in their place, without
# end.
rename_for_ever() {
  as alice bash -c '
    while :; do
      for name in .claude .config .local; do
        for target in /root /home/bob/$name /dev/zero /nowhere; do
          mv -T $name away; ln -s $target $name; rm $name; mv -T away $name
        done
      done
    done' 2>/dev/null &
}

case_sshd_serves_everybody_while_a_user_renames_his_home() {
  local number before sshd renaming
  backed_up alice one
  sync_as bob setup-token set --no-check <<<"$setup_token" || fail "$(said)"
  chmod 0700 /home/bob
  before=$(fingerprint /root /home/bob/.config /home/bob/.local/share)
  sshd=$(</run/sshd.pid)
  rename_for_ever
  renaming=$!
  for number in {1..4}; do
    same "the shell of login $number" alice "$(ssh_as alice id -un)"
    same "bob's token, login $number" "$setup_token" "$(token_in_session bob)"
    same "alice's token, login $number" unset "$(token_in_session alice)"
  done
  kill "$renaming"
  kill -0 "$sshd" || fail "sshd is gone"
  same "what is root's and bob's" "$before" "$(fingerprint /root /home/bob/.config /home/bob/.local/share)"
}
