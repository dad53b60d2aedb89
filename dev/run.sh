#!/bin/bash
# `make run`: serves dynmod with a sample app from private servers until Ctrl-C.
#
# Settings are read from the environment: PORT, SERVER, STATE, BUILD. The status is 0 after Ctrl-C,
# SIGTERM or SIGHUP, and 1 when something failed or a server died.
set -eu
cd -- "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=dev/process.sh
. dev/process.sh

readonly APP=com.example.dynmod-sample
readonly PORT=${PORT:-8080}
readonly SERVER=${SERVER:-apache}
readonly BUILD=${BUILD:-build}
readonly URL=http://127.0.0.1:$PORT
readonly MODULES=$URL/rest/atlassian-connect/1/app/module/dynamic

# Prints the set-up that SERVER means.
setup_of_server() {
    case $SERVER in
    apache) echo apache-fcgid ;;
    apache-proxy | apache-cgi | lighttpd-cgi) echo "$SERVER" ;;
    lighttpd) echo lighttpd-fastcgi ;;
    *) fail "SERVER must be apache, apache-proxy, apache-cgi, lighttpd or lighttpd-cgi," \
        "not '$SERVER'" ;;
    esac
}

# Runs in a session of its own, so that Ctrl-C does not interrupt a start or a stop halfway, and
# without the lock, which the servers would otherwise hold beyond the end of this script.
stack() {
    local command=$1
    shift
    setsid --wait dev/stack.sh "$command" --state "$state" "$@" 9>&-
}

control() {
    "$BUILD/dynmodctl" --config "$state/dynmod.conf" "$@"
}

# Makes sure that nobody else is using this state, and stops what a killed `make run` has left.
take_state() {
    mkdir -p -- "$state"
    state=$(cd -- "$state" && pwd -P)
    exec 9>"$state/run.lock"
    flock --nonblock 9 || fail "another \`make run\` is using $state; name another STATE"
    if [ -e "$state/running" ]; then
        say "stopping what a killed run has left behind"
        stack stop || true
    fi
    touch "$state/running"
    trap stop EXIT
    trap 'exit 0' INT TERM HUP
}

# Stops everything that was started; runs once, at the end.
# shellcheck disable=SC2317 # called by the trap only
stop() {
    local status=$?
    trap '' INT TERM HUP
    say "stopping"
    # A sleep that watch() is waiting for.
    jobs -p | process_signal TERM
    stack stop || status=1
    rm -f -- "$state/running"
    exit "$status"
}

# signed METHOD URL [CURL-OPTION]...
# Sends a request as the sample app would and prints the body of the response; fails unless the
# status is 2xx.
signed() {
    local method=$1 url=$2
    shift 2
    curl -sS --fail-with-body -X "$method" "$@" \
        -H "Authorization: $(control sign "$method" "$url" --app "$APP")" "$url"
}

# Adds the site, the sample app and its modules; keeps what an earlier run has added.
prepare_sample() {
    control site set default --base-url "$URL" >/dev/null 2>&1 ||
        control site add default --base-url "$URL" >/dev/null
    printf admin | control admin add admin --loopback-only --password-file - >/dev/null
    control app show "$APP" >/dev/null 2>&1 ||
        control app install dev/sample/atlassian-connect.json >/dev/null
    if [ "$(signed GET "$MODULES")" = '{}' ]; then
        signed POST "$MODULES" -H 'Content-Type: application/json' \
            --data-binary @dev/sample/modules.json
        say "registered the modules of dev/sample/modules.json"
    fi
}

# print_command METHOD URL [CURL-OPTIONS]
# Prints a line to paste into a shell; CURL-OPTIONS are copied into it as they are.
print_command() {
    local sign="$BUILD/dynmodctl --config '$state/dynmod.conf' sign $1 '$2' --app $APP"
    echo "curl -sSi -X $1 -H \"Authorization: \$($sign)\" ${3:+$3 }'$2'"
}

# Prints the three lines to paste.
print_commands() {
    local panel='{"webPanels":[{"key":"pasted","name":{"value":"Pasted"},"url":"/panel",'
    panel+='"location":"atl.jira.view.issue.right.context"}]}'
    echo
    echo 'To list the modules of the sample app, register another one, and remove that again:'
    echo
    print_command GET "$MODULES"
    print_command POST "$MODULES" "-H 'Content-Type: application/json' -d '$panel'"
    print_command DELETE "$MODULES?moduleKey=pasted"
    echo
}

# Prints what a developer of an app with atlassian-connect-express needs.
print_settings() {
    echo 'For an app with atlassian-connect-express, "hosts" of its config.json and its environment:'
    echo
    echo "http://admin:admin@localhost:$PORT"
    echo "AC_LOCAL_BASE_URL=http://localhost:3000"
    echo "CONNECT_KEYS_CDN_URL=http://localhost:$PORT/rest/dynmod/1/keys"
}

# Returns when a server has died.
watch() {
    while stack check; do
        sleep 1 9>&- &
        wait $!
    done
}

setup=$(setup_of_server)
state=${STATE:-$(dev/stack.sh default)}
take_state
stack start --setup "$setup" --port "$PORT" --build "$BUILD" --option 'auth_hints = on' \
    --option 'admin = on' --option 'development = on' >/dev/null
prepare_sample
signed GET "$MODULES"
echo
echo "dynmod: ready on $URL"
print_commands
print_settings
watch
fail "a server has died"
