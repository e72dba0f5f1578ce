# shellcheck shell=bash
# How long a login may take. These run alone, and compare logins with and without the module in
# the same run, alternating, by their medians.

# adds_little: the module adds less to a login than a person could notice.
adds_little() {
  compare_logins 9
  at_most "milliseconds that a login takes longer" 50 $((with - without))
}

# deadline_once: with the store in trouble and nothing usable here, the first login is held until
# the deadline at most, the next ones not at all.
deadline_once() {
  lose_credentials alice
  without_module sshd
  local plain first
  plain=$(took ssh_as alice true)
  pam_line sshd debug
  first=$(took ssh_as alice true)
  at_most "milliseconds that the first login takes longer" 5500 $((first - plain))
  adds_little
}

case_unreachable_store_costs_one_login_its_deadline() {
  start_vault
  vault_person alice
  backed_up alice one
  stop_vault
  deadline_once
}

case_hanging_store_costs_one_login_its_deadline() {
  start_vault
  vault_person alice
  backed_up alice one
  fault hang
  deadline_once
}

case_hanging_store_costs_a_usable_login_its_short_deadline() {
  start_vault
  vault_person alice
  configure 'fresh_for = 0' "${vault_lines[@]}"
  backed_up alice one
  fault hang
  ssh_as alice true
  local held
  held=$(helper_time)
  at_most "milliseconds of the helper" 900 "${held%.*}"
  at_least "milliseconds of the helper" 400 "${held%.*}"
}

case_hanging_store_is_asked_again_after_retry_after() {
  start_vault
  vault_person alice
  configure 'retry_after = 1' "${vault_lines[@]}"
  backed_up alice one
  lose_credentials alice
  fault answer '"status": 503'
  ssh_as alice true
  same "generation during the outage" none "$(generation_of alice)"
  no_fault
  # A clock's second is the event here.
  until_second_has_passed
  ssh_as alice true
  same "generation after it" one "$(generation_of alice)"
}

until_second_has_passed() { read -r -t 1.1 <> <(:) || true; }

case_warm_login_adds_little() {
  backed_up alice one
  adds_little
}

case_not_enrolled_login_adds_little() {
  adds_little
}

case_user_who_stops_the_helper_holds_no_login() {
  # The user's own program in the helper's place, stopped like one in a debugger.
  printf '#!/bin/sh\nkill -STOP $$\n' >/usr/bin/claude-auth-sync
  local milliseconds
  milliseconds=$(took ssh_as alice echo a shell)
  same "what the session says" "a shell" "$(cat "$inside/took")"
  at_most "milliseconds of the login" 3000 "$milliseconds"
}
