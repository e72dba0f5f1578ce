# shellcheck shell=bash
# The life of the package on a machine, in order: installed, enabled, used, upgraded, removed, purged.

readonly package=libpam-claude
readonly watch=claude-auth-watch@alice.service
readonly dropped_in=/etc/systemd/system/$watch.d

export DEBIAN_FRONTEND=noninteractive

apt() { apt-get --quiet --yes "$@" >"$inside/apt.log" 2>&1; }

# install_package WHICH: one of the two packages, `first` or `later`.
install_package() {
  apt install --no-install-recommends "$inside/packages/$1"/*.deb || fail "apt: $(<"$inside/apt.log")"
}

version_of() { dpkg-deb --field "$inside/packages/$1"/*.deb Version; }

installed_version() { dpkg-query --show --showformat='${Version}' "$package"; }

property() { systemctl show --property="$2" --value "$1"; }

# files_of_the_machine: all but what apt, dpkg and the machine's running leave of themselves, the
# homes, and what the harness has brought; of /etc with what is in it.
files_of_the_machine() {
  find / -xdev \( -path /home -o -path /mnt -o -path /tmp -o -path /run -o -path /var/log \
    -o -path /var/tmp -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg \
    -o -path /var/lib/systemd -o -path /etc/ld.so.cache \) -prune -o \
    -printf '%y %m %u:%g %p %l\n' -path '/etc/*' -type f -exec sha256sum {} + | sort
  find /var/lib/systemd -name '*claude*'
}

# lines_of_ours: where PAM's files name the module.
lines_of_ours() { grep -l pam_claude /etc/pam.d/* || true; }

# restores NAME GENERATION: an ssh login brings the lost login back.
restores() {
  lose_credentials "$1"
  ssh_as "$1" true
  same "$1's login after an ssh login" "$2" "$(generation_of "$1")"
}

# with_session_open COMMAND...: runs it while a session of bob's is open, and then ends the session by a
# word to its shell. $monitor is the root process of sshd that has the module loaded.
with_session_open() {
  local shell answer
  coproc session { exec ssh -F "$inside/ssh-config" -l bob workstation \
    'echo $$; read -r word; echo "heard $word"; exit 7'; }
  local output=${session[0]} input=${session[1]} client=$session_PID status=0
  read -r -t 30 shell <&"$output"
  monitor=$(parent_of "$(parent_of "$shell")")
  "$@"
  echo goodbye >&"$input"
  read -r -t 30 answer <&"$output"
  same "the session's last word" "heard goodbye" "$answer"
  wait "$client" || status=$?
  same "the session's exit status" 7 "$status"
}

# upgrade_and_look: keeps what the session's sshd has mapped after the upgrade, and what needrestart
# says to that.
upgrade_and_look() {
  install_package later
  cat "/proc/$monitor/maps" >"$inside/maps"
  needrestart -b >"$inside/needrestart"
}

remove_and_look() {
  apt remove "$package"
  cat "/proc/$monitor/maps" >"$inside/maps"
}

parent_of() { sed -n 's/^PPid:\t//p' "/proc/$1/status"; }

case_apt_installs_it_with_what_it_depends_on() {
  install_package first
  same version "$(version_of first)" "$(installed_version)"
  same "faults that dpkg sees" '' "$(dpkg --audit)"
}

case_programs_run() {
  local program
  for program in claude-auth-sync claude-auth-admin; do
    contains "$program --version" "$(version_of first | sed 's/-1$//')" "$("$program" --version)"
  done
}

case_files_are_as_they_were_packed() { same "differences" '' "$(dpkg --verify "$package")"; }

case_installation_touches_no_pam_file() { same "files that name the module" '' "$(lines_of_ours)"; }

case_installation_enables_no_unit() {
  same "units that are enabled" '' \
    "$(systemctl list-unit-files --no-legend --state=enabled 'claude-auth-*')"
  same "units that run" '' "$(systemctl list-units --no-legend 'claude-auth-*')"
}

case_presets_leave_every_unit_disabled() {
  systemctl preset --quiet claude-auth-metrics.timer claude-auth-provision.timer \
    claude-auth-sync@alice.timer "$watch"
  same "units that are enabled" '' \
    "$(systemctl list-unit-files --no-legend --state=enabled 'claude-auth-*')"
}

case_module_comes_after_the_home_is_made() {
  pam-auth-update --enable claude mkhomedir
  same "modules that come last" 'pam_mkhomedir.so pam_claude.so' \
    "$(grep -o 'pam_\(mkhomedir\|claude\)\.so' /etc/pam.d/common-session | tr '\n' ' ' | sed 's/ $//')"
}

case_module_is_for_interactive_sessions_only() {
  same "files that name the module" /etc/pam.d/common-session "$(lines_of_ours)"
}

case_login_restores_a_lost_login() {
  backed_up alice one
  restores alice one
  contains log 'user=alice RECOVERED' "$(logged)"
}


case_units_can_be_enabled() {
  mkdir "$dropped_in"
  printf '[Unit]\nDescription=Watch of a test\n' >"$dropped_in/test.conf"
  systemctl enable --quiet --now "$watch" claude-auth-sync@alice.timer
  same "the watch" active "$(property "$watch" ActiveState)"
  same "the timer" active "$(property claude-auth-sync@alice.timer ActiveState)"
  property "$watch" MainPID >"$inside/first-watch"
}

case_session_outlives_an_upgrade() {
  with_session_open upgrade_and_look
  same version "$(version_of later)" "$(installed_version)"
}

case_open_session_kept_its_module() {
  contains "what its sshd had mapped" 'pam_claude.so (deleted)' "$(<"$inside/maps")"
}

case_upgrade_asks_for_no_restart() {
  contains "what needrestart said" NEEDRESTART-VER "$(<"$inside/needrestart")"
  same "what is to be restarted" '' "$(grep -v NEEDRESTART-VER "$inside/needrestart")"
}

case_upgrade_keeps_the_module_in_pam() {
  same "files that name the module" /etc/pam.d/common-session "$(lines_of_ours)"
}

case_upgrade_restarts_the_watch() {
  differs "the watch's process" "$(<"$inside/first-watch")" "$(property "$watch" MainPID)"
  same "the watch" active "$(property "$watch" ActiveState)"
  lacks "the watch's program" deleted "$(readlink "/proc/$(property "$watch" MainPID)/exe")"
}

case_upgrade_leaves_timers_as_they_were() {
  same "the timer" "active enabled" "$(property claude-auth-sync@alice.timer ActiveState) $(
    property claude-auth-sync@alice.timer UnitFileState)"
  same "a timer that nobody enabled" inactive "$(property claude-auth-provision.timer ActiveState)"
}

case_login_after_the_upgrade_restores() {
  backed_up bob one
  restores bob one
}

case_pam_could_load_every_module() { lacks log 'PAM unable' "$(logged)"; }

case_removal_takes_the_module_out_of_pam() {
  printf 'store = local\n' >/etc/claude-auth-sync.conf
  mkdir /etc/claude-auth-sync.conf.d
  printf 'users: {}\n' >/etc/claude-auth-sync.roster.yaml
  claude-auth-admin provision >"$inside/said" || fail "provision: $(said)"
  [[ -d /var/lib/claude-auth-sync ]] || fail "provision made no records"
  pam_line sshd

  apt remove "$package" || fail "apt: $(<"$inside/apt.log")"
  same "files that name the module" /etc/pam.d/sshd "$(lines_of_ours)"
}

case_removal_names_a_line_put_by_hand() {
  contains "what apt said" /etc/pam.d/sshd "$(<"$inside/apt.log")"
}

case_login_goes_on_without_the_module() {
  same "what the session prints" hello "$(ssh_as alice echo hello)"
  without_module sshd
}

case_removal_stops_the_users_units() {
  same "units that run" '' "$(systemctl list-units --no-legend --state=active 'claude-auth-*')"
}

case_removal_keeps_the_admins_work() {
  local path
  for path in /etc/claude-auth-sync.conf /etc/claude-auth-sync.roster.yaml \
    /var/lib/claude-auth-sync "$dropped_in/test.conf" \
    "/etc/systemd/system/multi-user.target.wants/$watch"; do
    [[ -e $path || -L $path ]] || fail "$path is gone"
  done
}

case_removal_keeps_what_is_the_users() {
  local path
  same "alice's login" one "$(generation_of alice)"
  for path in .local/state/claude-auth-sync/state.json .local/share/claude-auth-sync/store; do
    [[ -e /home/alice/$path ]] || fail "/home/alice/$path is gone"
  done
}

case_installed_again_it_takes_up_what_was_enabled() {
  install_package first
  same "the watch" active "$(property "$watch" ActiveState)"
  same "the timer" active "$(property claude-auth-sync@alice.timer ActiveState)"
}

case_installed_again_it_waits_for_pam_to_be_enabled() {
  same "files that name the module" '' "$(lines_of_ours)"
}

case_session_outlives_a_removal() {
  pam-auth-update --enable claude
  with_session_open remove_and_look
  contains "what its sshd had mapped" 'pam_claude.so (deleted)' "$(<"$inside/maps")"
}

case_purge_leaves_what_was_before() {
  fingerprint /home >"$inside/homes"
  apt purge --auto-remove "$package" || fail "apt: $(<"$inside/apt.log")"
  pam-auth-update --disable mkhomedir
  files_of_the_machine >"$inside/after"
  same "what differs" '' "$(diff "$inside/before" "$inside/after")"
}

case_purge_leaves_what_is_the_users() {
  fingerprint /home >"$inside/homes-after"
  same "what differs" '' "$(diff "$inside/homes" "$inside/homes-after")"
}
