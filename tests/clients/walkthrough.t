#!/bin/bash
# README's walk-through for developers of apps, pasted from an empty folder to a registered module,
# beside `make run` with each kind of web server.
#
# What is replaced: the ports, which may be in use; `npm install` by a link to the packages of
# tests/clients, of the same versions, since sqlite3 would fetch a binary from GitHub; the state
# directory, which is not the default one; and `node` becomes the shell itself, so that its process
# is known. Ctrl-C is SIGINT to it.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
# shellcheck source=tests/lib/port.sh
. tests/lib/port.sh
# shellcheck source=tests/lib/make_run.sh
. tests/lib/make_run.sh

app=

clean() {
    if [ -n "$app" ]; then
        kill -KILL "$app" 2>/dev/null || true
        wait "$app" || true
    fi
    run_clean
}
run_prepare
trap clean EXIT
trap 'exit 1' INT TERM HUP

# block NUMBER: prints a block of the section, as the test runs it.
block() {
    sed -n '/^## Develop a Connect app/,/^## Terms/p' README.md |
        awk -v wanted="$1" '/^```$/ {at = 0} at == wanted {print} /^```sh$/ {at = ++count}' |
        sed -e "s/8080/$port/g" -e "s/3000/$app_port/g" \
            -e "s|^npm install .*|ln -s '$PWD/tests/clients/node_modules' node_modules|" \
            -e 's|^node |exec node |' -e "s|dev/stack.sh show|& --state '$state'|"
}

# app_start DIRECTORY: pastes the first two blocks there and waits for what README says they print.
app_start() {
    local turns=600
    : >"$scratch/app"
    env --chdir="$1" --default-signal=INT bash -eu -c "$(block 1; block 2)" \
        >"$scratch/app" 2>&1 </dev/null &
    app=$!
    until [ -z "$(expect "$(cat "$scratch/app")" '^field:' '^enabled' 'Registered with host')" ]; do
        if [ $((turns -= 1)) -eq 0 ] || ! kill -0 "$app" 2>/dev/null; then
            return
        fi
        sleep 0.1
    done
}

# app_interrupt: presses Ctrl-C and waits for the end.
app_interrupt() {
    local turns=600
    kill -INT "$app" || true
    while kill -0 "$app" 2>/dev/null && [ $((turns -= 1)) -gt 0 ]; do
        sleep 0.1
    done
    kill -KILL "$app" 2>/dev/null || true
    wait "$app" || true
    app=
}

query() {
    bash -eu -c "$(block 3)" 2>&1
}

perl -Itests/lib -MNpm=install_packages -e 'install_packages()'
port=$(free_port 18400)
app_port=$(free_port 18600)
report "names the packages in the versions of tests/clients" \
    "$(sed -n 's/^npm install //p' README.md | tr ' ' '\n' | while IFS=@ read -r package version; do
        expect "$(cat tests/clients/package.json)" "\"$package\": \"$version\""
    done)$(expect "$(cat README.md)" '^npm install ')"

for server in apache lighttpd lighttpd-cgi; do
    run_start PORT="$port" SERVER="$server" || true
    mkdir "$scratch/$server"
    app_start "$scratch/$server"
    report "$server: the app installs itself and registers" "$(expect "$(cat "$scratch/app")" \
        '^field: 200' "^enabled by http://127\.0\.0\.1:$port\$" \
        "Registered with host at http://localhost:$port/")"
    report "$server: its module is in the database" "$(expect "$(query)" ' team .*"Who does it"')"
    app_interrupt
    report "$server: Ctrl-C uninstalls it" \
        "$(expect "$(cat "$scratch/app")" 'Unregistered on host')"
    report "$server: its module is no longer live" "$(expect "$(query)" '^\(0 rows\)$')"
    run_end TERM
done
tap_end
