# shellcheck shell=bash
# Reads what `ctest -V` says, shows a line for each test as it ends, and keeps the account that
# the summary is made of.

passed=0 failed=0 skipped=0
failures=() skips=()

# follow_ctest STAGE: standard input is the output of `ctest -V`. A CMocka program counts as its
# cases, any other test as one.
follow_ctest() {
  local stage=$1 line number
  local -A output=()
  while IFS= read -r line; do
    if [[ $line =~ ^([0-9]+):\ ?(.*)$ ]]; then
      number=${BASH_REMATCH[1]}
      output[$number]+=${BASH_REMATCH[2]}$'\n'
    elif [[ $line =~ ^\ *[0-9]+/[0-9]+\ Test\ +\#([0-9]+):\ ([^ ]+)\ [.\ ]*(.*[^ ])\ +([0-9.]+)\ sec ]]; then
      take_result "$stage" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]#\*\*\*}" "${BASH_REMATCH[4]}" \
        "${output[${BASH_REMATCH[1]}]-}"
      unset "output[${BASH_REMATCH[1]}]"
    fi
  done
}

# take_result STAGE NAME RESULT SECONDS OUTPUT
take_result() {
  local stage=$1 name=$2 result=$3 seconds=$4 text=$5
  case $result in
    Passed)
      take_cases "$stage" "$name" "$text"
      printf '  ok    %6s s  %s\n' "$seconds" "$name"
      # A bench is run for what it prints, and so are the proofs of docs/reliability.md.
      [[ $name != bench.* ]] || show_output "$text"
      [[ $name != reliability.* ]] || { grep '^figure: ' <<<"$text" | sed 's/^/        /' || true; }
      ;;
    Skipped)
      take_skip "$stage" "$name" "$(grep '^SKIP: ' <<<"$text" | tail -n 1)"
      ;;
    *)
      failed=$((failed + 1))
      failures+=("$stage/$name: $result")
      printf '  FAIL  %6s s  %s: %s\n' "$seconds" "$name" "$result"
      show_output "$text"
      ;;
  esac
}

# show_output TEXT: the end of what a test printed, without CTest's words about it.
show_output() {
  grep -v -e '^Test command: ' -e '^Working Directory: ' -e '^Test timeout ' <<<"$1" |
    sed '/^$/d' | tail -n 60 | sed 's/^/        | /'
}

# take_cases STAGE NAME OUTPUT: the cases of a CMocka program that passed as a whole.
take_cases() {
  local stage=$1 name=$2 line reason='' ok=0
  local -A seen=()
  while IFS= read -r line; do
    case $line in
      '[       OK ] '*) ok=$((ok + 1)) ;;
      'SKIP: '*) reason=$line ;;
      '[  SKIPPED ] '*)
        line=${line#'[  SKIPPED ] '}
        # CMocka lists them a second time at the end.
        [[ $line == *'test(s)'* || -n ${seen[$line]-} ]] && continue
        seen[$line]=yes
        take_skip "$stage" "$name.$line" "$reason"
        reason=
        ;;
    esac
  done <<<"$3"
  if ((ok == 0 && ${#seen[@]} == 0)); then ok=1; fi
  passed=$((passed + ok))
}

# take_skip STAGE NAME LINE: LINE is `SKIP: reason`. In CI a skip counts as a failure unless this
# machine really lacks what the test asks for; so does, anywhere, a skip that gives no reason.
take_skip() {
  local stage=$1 name=$2 reason=${3#SKIP: }
  if [[ -z $reason ]]; then
    failed=$((failed + 1))
    failures+=("$stage/$name: skipped without a reason")
  elif [[ ${CI-} == true ]] && ! machine_lacks "$reason" "$stage"; then
    failed=$((failed + 1))
    failures+=("$stage/$name: skipped, though this machine can do it: $reason")
  else
    skipped=$((skipped + 1))
    skips+=("$stage/$name: $reason")
  fi
  printf '  skip            %s: %s\n' "$name" "${reason:-no reason given}"
}

# machine_lacks REASON STAGE: whether what the reason of a skip claims is so.
machine_lacks() {
  case $1 in
    'needs an x86-64 processor'*) [[ $(uname -m) != x86_64 ]] ;;
    'needs root'* | 'only root '*) ((EUID != 0)) ;;
    'readelf '*) [[ -z $(type -P readelf) ]] ;;
    'mandoc '*) [[ -z $(type -P mandoc) ]] ;;
    'needs promtool'*) [[ -z $(type -P promtool) ]] ;;
    'no openssl rehash'*) ! openssl rehash -help >/dev/null 2>&1 ;;
    'this kernel has no Landlock'*) [[ $(cat /sys/kernel/security/lsm 2>/dev/null) != *landlock* ]] ;;
    'under sanitizers'*) [[ $2 == asan ]] ;;
    'under ThreadSanitizer'*) [[ $2 == tsan ]] ;;
    'needs namespaces'*) [[ -n $(why_no_namespace) ]] ;;
    'needs a machine that boots'*) [[ -n $(why_no_machine) ]] ;;
    'needs bash'* | 'needs fish'* | 'needs zsh'*) [[ -z $(type -P "${1#needs }") ]] ;;
    'needs selinux-policy-dev'*) [[ -z $(type -P semodule_unpackage) || ! -e /usr/share/selinux/devel/Makefile ]] ;;
    'needs gcov'*) [[ -z $(type -P gcov) || ${CXX-} == *clang* ]] ;;
    'needs dpkg-dev'*) [[ -z $(type -P dpkg-shlibdeps) || -z $(type -P lintian) || -z $(type -P mmdebstrap) ]] ;;
    "needs a mirror of Debian's"*) ! curl --silent --fail --output /dev/null http://deb.debian.org/debian/dists/bookworm/Release ;;
    'needs rpmbuild'*) [[ -z $(type -P rpmbuild) || -z $(type -P rpmlint) || -z $(type -P dpkg-deb) ]] ;;
    'needs systemd-analyze'*) [[ -z $(type -P systemd-analyze) ]] ;;
    'no bao or vault'*) [[ -z ${VAULT_BIN-} && -z $(type -P bao vault) ]] ;;
    'no claude client'*) [[ -z ${CLAUDE_CLIENTS-} && -z $(type -P claude) ]] ;;
    *) return 1 ;;
  esac
}

# print_summary SECONDS: what happened; the last line is the whole of it. Fails if anything did.
print_summary() {
  local entry
  printf '\n'
  if ((skipped)); then
    echo 'Skipped:'
    for entry in "${skips[@]}"; do printf '  %s\n' "$entry"; done
  fi
  if ((failed)); then
    echo 'Failed:'
    for entry in "${failures[@]}"; do printf '  %s\n' "$entry"; done
  fi
  printf 'Took %d min %d s.\n' $(($1 / 60)) $(($1 % 60))
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  ((failed == 0 && passed > 0))
}
