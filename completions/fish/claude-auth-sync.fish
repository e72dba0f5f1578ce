# Completion of claude-auth-sync(1) for fish.

# Whether the words of the line before the cursor, the program's name aside, begin with these.
function __claude_auth_sync_in
    set -l words (commandline -opc)[2..-1]
    set -l given (count $argv)
    test "$words[1..$given]" = "$argv"
end

# Whether they are these and no more.
function __claude_auth_sync_is
    set -l words (commandline -opc)[2..-1]
    test "$words" = "$argv"
end

complete -c claude-auth-sync -f
complete -c claude-auth-sync -n __claude_auth_sync_is -l version -d 'Show the version'
complete -c claude-auth-sync -n 'not contains -- "$(commandline -opc)[2]" exec setup-token vault-token' \
    -l help -d 'Show help'
complete -c claude-auth-sync -n '__claude_auth_sync_is exec' -l help -d 'Show help'
complete -c claude-auth-sync -l help -d 'Show help' \
    -n 'test (count (commandline -opc)) -gt 2; and contains -- (commandline -opc)[2] setup-token vault-token'

complete -c claude-auth-sync -n __claude_auth_sync_is -a sync -d 'Check, heal and back up everything'
complete -c claude-auth-sync -n __claude_auth_sync_is -a login -d 'What pam_claude.so runs'
complete -c claude-auth-sync -n __claude_auth_sync_is -a watch -d 'Stay, and heal what breaks'
complete -c claude-auth-sync -n __claude_auth_sync_is -a backup -d 'Back the login up'
complete -c claude-auth-sync -n __claude_auth_sync_is -a restore -d 'Bring the login back'
complete -c claude-auth-sync -n __claude_auth_sync_is -a status -d 'Show the login and its backup'
complete -c claude-auth-sync -n __claude_auth_sync_is -a doctor -d 'Check what the login depends on'
complete -c claude-auth-sync -n __claude_auth_sync_is -a setup-token -d 'Set or remove a setup token'
complete -c claude-auth-sync -n __claude_auth_sync_is -a vault-token -d 'Keep, check or remove it'
complete -c claude-auth-sync -n __claude_auth_sync_is -a pause -d 'Leave this user alone'
complete -c claude-auth-sync -n __claude_auth_sync_is -a resume -d 'End pause'
complete -c claude-auth-sync -n __claude_auth_sync_is -a exec -d 'Run a command with the setup token'

complete -c claude-auth-sync -n '__claude_auth_sync_is setup-token' -a set -d 'Put one in force'
complete -c claude-auth-sync -n '__claude_auth_sync_is setup-token' -a remove -d 'Take it out'
complete -c claude-auth-sync -n '__claude_auth_sync_is vault-token' -a set -d 'Keep one'
complete -c claude-auth-sync -n '__claude_auth_sync_is vault-token' -a check -d 'Ask whose it is'
complete -c claude-auth-sync -n '__claude_auth_sync_is vault-token' -a remove -d 'Remove its file'

complete -c claude-auth-sync -n '__claude_auth_sync_in login' -l pam -d 'Speak to pam_claude.so'
complete -c claude-auth-sync -n '__claude_auth_sync_in login' -l codes -d 'Speak as with --pam'
complete -c claude-auth-sync -n '__claude_auth_sync_in login' -l debug -d 'Changes nothing'
complete -c claude-auth-sync -n '__claude_auth_sync_in login' -x -l timeout -d 'Deadline in ms'
complete -c claude-auth-sync -n '__claude_auth_sync_in login' -x -l refresh-timeout -d 'Deadline in ms'
complete -c claude-auth-sync -n '__claude_auth_sync_in backup' -l from-stdin -d 'From a pipe'
complete -c claude-auth-sync -n '__claude_auth_sync_in restore' -x -l from-host -d 'Whose backup' \
    -a '(__fish_print_hostnames)'
complete -c claude-auth-sync -n '__claude_auth_sync_in status' -l json -d 'For programs'
complete -c claude-auth-sync -n '__claude_auth_sync_in status' -l local -d 'Ask no store on the network'
complete -c claude-auth-sync -n '__claude_auth_sync_in setup-token set' -l no-check -d 'Do not try it'

complete -c claude-auth-sync -n '__claude_auth_sync_is exec' -l fetch -d 'Ask the store first'
complete -c claude-auth-sync -n '__claude_auth_sync_in exec' -x \
    -a '(__fish_complete_subcommand --fcs-skip=2)'
