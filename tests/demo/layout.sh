# shellcheck shell=bash
# How the demo looks. Colours only on a terminal and without NO_COLOR, line drawing not with --plain.

# choose_layout PLAIN: yes or no.
choose_layout() {
  local width=72
  bold='' dim='' green='' red='' cyan='' reset=''
  tick='+' cross='x' bar='-' side='|' corners=('+' '+' '+' '+') ellipsis='...'
  if [[ $1 == no ]]; then
    tick='✓' cross='✗' bar='─' side='│' corners=('╭' '╮' '╰' '╯') ellipsis='…'
    if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
      bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' cyan=$'\e[36m' reset=$'\e[0m'
    fi
  fi
  line=$(printf '%*s' "$width" '')
  line=${line// /$bar}
}

# title LINE...
title() {
  local text
  printf '\n%s%s%s\n' "${corners[0]}" "$line" "${corners[1]}"
  printf "$side  $bold%-70s$reset$side\n" "$1"
  for text in "${@:2}"; do printf "$side  $dim%-70.70s$reset$side\n" "$text"; done
  printf '%s%s%s\n' "${corners[2]}" "$line" "${corners[3]}"
}

act_number=0

# act HEADING
act() {
  act_number=$((act_number + 1))
  printf '\n %s%d  %s%s\n %s%s%s\n' "$bold" "$act_number" "$1" "$reset" "$dim" "$line" "$reset"
}

# tell TEXT: a sentence of the story.
tell() { printf '    %s\n' "$1"; }

# prompt WHO COMMAND: what somebody types.
prompt() { printf '\n    %s%s%s %s\n' "$cyan" "$1\$" "$reset" "$2"; }

# reply: standard input, as the answer to a command.
reply() { sed "s/^/      $dim/; s/\$/$reset/"; }

# field NAME VALUE
field() { printf '      %-13s %s\n' "$1" "$2"; }

# shortened TOKEN: its beginning and its end.
shortened() {
  if ((${#1} > 24)); then
    printf '%s%s%s\n' "${1:0:13}" "$ellipsis" "${1: -8}"
  else
    printf '%s\n' "$1"
  fi
}

# holds SENTENCE COMMAND...: shows that the sentence is true, or ends the demo.
holds() {
  local sentence=$1
  shift
  if "$@"; then
    printf '    %s%s%s %s\n' "$green" "$tick" "$reset" "$sentence"
  else
    printf '    %s%s %s%s: this does not hold\n' "$red" "$cross" "$sentence" "$reset"
    return 1
  fi
}
