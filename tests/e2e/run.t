#!/bin/bash
# `make run` as a newcomer meets it: start, the printed commands, Ctrl-C, start again; and what goes
# wrong: the same state twice, a port in use, a run that was killed.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
# shellcheck source=tests/lib/port.sh
. tests/lib/port.sh
# shellcheck source=tests/lib/make_run.sh
. tests/lib/make_run.sh

run_prepare
trap run_clean EXIT
trap 'exit 1' INT TERM HUP

# Prints the processes that have to do with the state.
processes_left() {
    local process place line
    place=$(readlink -f "$state/files")
    for process in /proc/[0-9]*; do
        line=$(tr '\0' ' ' 2>/dev/null <"$process/cmdline") || continue
        case $line in
        *"$state"* | *"$place"*) echo "$process $line" ;;
        esac
    done
}

# Runs the commands that were printed, as somebody does who pastes them.
paste_commands() {
    local line
    grep '^curl ' <<<"$output" | while read -r line; do
        eval "$line"
        echo
    done
}

port=$(free_port 18400)
run_start PORT="$port" || true
report "becomes ready, having registered two modules by signed requests" \
    "$(expect "$output" "^dynmod: ready on http://127\.0\.0\.1:$port\$" \
        '"jiraEntityProperties":\[\{.*"risk-index"' '"jiraIssueFields":\[\{.*"risk-level"')"

answers=$(paste_commands 2>&1)
statuses=$(grep '^HTTP/' <<<"$answers" | cut -d ' ' -f 2 | xargs)
report "prints three commands that list, register and remove" \
    "$(expect "$statuses" '^200 200 204$')$(expect "$answers" '"risk-index"')"

second=$(env -u MAKEFLAGS make run STATE="$state" PORT="$(free_port 18400)" 2>&1) && second="status 0"
report "refuses a second run on the same state" "$(expect "$second" 'another .make run. is using ')"

beside=$scratch/beside
taken=$(env -u MAKEFLAGS make run STATE="$beside" PORT="$port" 2>&1) && taken="status 0"
report "refuses a port in use before it starts anything" \
    "$(expect "$taken" "port $port is in use")$(ls -d "$beside/files/postgres" 2>/dev/null || true)"
dev/stack.sh delete --state "$beside"

run_end INT -
report "leaves no process behind after Ctrl-C" "$(processes_left)"

run_start PORT="$(free_port 18400)" SERVER=lighttpd || true
report "has kept its data when started again, under another server and port" \
    "$(expect "$output" '"risk-index".*"risk-level"')$(grep registered <<<"$output" || true)"

# Its servers stay: killed like this, nobody can stop them.
kill -KILL -- "-$runner"
wait "$runner" 2>/dev/null || true
orphans=$(processes_left)
run_start PORT="$port" SERVER=apache-cgi || true
report "takes over from a run that was killed" \
    "$([ -n "$orphans" ] || echo 'nothing was left to take over')$(expect "$output" \
        'stopping what a killed run has left' "^dynmod: ready on .*:$port\$" '"risk-index"')"

run_end TERM
report "leaves no process behind after SIGTERM" "$(processes_left)"
tap_end
