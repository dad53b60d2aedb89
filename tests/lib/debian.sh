# Debian's web servers for tests; for bash: a private machine with what Debian's packages put below
# /etc and with dynmod installed, on which the commands of README run as they are written there.
# shellcheck shell=bash
# shellcheck source=tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
# shellcheck source=port.sh
. "$(dirname "${BASH_SOURCE[0]}")/port.sh"
# shellcheck source=../../dev/process.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../dev/process.sh"

DEBIAN_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly DEBIAN_SOURCE
readonly DEBIAN_PACKAGES=$DEBIAN_SOURCE/build/debian
readonly DEBIAN_RESOURCE=/rest/atlassian-connect/1/app/module/dynamic
readonly DEBIAN_ADMIN_PATH=/jira/rest/dynmod/1
debian= # the directory that stands for the root of the machine
debian_port=

# debian_unpack PACKAGE...: unpacks packages below build/debian, once. They are not installed: their
# configuration is as Debian ships it, and the real machine gets no service.
debian_unpack() {
    local package place log
    for package in "$@"; do
        place=$DEBIAN_PACKAGES/$package
        [ ! -d "$place" ] || continue
        rm -rf "$place.new"
        mkdir -p "$place.new"
        log=$place.log
        (
            cd "$place.new" || exit 1
            apt-get download "$package" >"$log" 2>&1 ||
                { apt-get update && apt-get download "$package"; } >>"$log" 2>&1 ||
                { cat "$log" >&2 && exit 1; }
            dpkg-deb --extract ./*.deb .
            rm ./*.deb
        )
        mv "$place.new" "$place"
    done
}

# debian_start FIRST PACKAGE...: makes a machine with the configuration of these packages and with
# dynmod; debian_port is one of the 200 ports from FIRST on. The test defines debian_configure,
# which gives the server private paths and this port, and debian_stop, which stops it.
debian_start() {
    local package
    debian_unpack "${@:2}"
    debian=$(mktemp -d "${TMPDIR:-/tmp}/dynmod-debian.XXXXXX")
    chmod 755 "$debian"
    debian_port=$(free_port "$1")
    trap debian_end EXIT
    trap 'exit 130' INT TERM HUP
    for package in "${@:2}"; do
        cp -R "$DEBIAN_PACKAGES/$package/etc" "$debian"
    done
    make -s -C "$DEBIAN_SOURCE" install PREFIX="$debian/usr" SYSCONFDIR="$debian/etc" \
        CONF_GROUP="$(id -gn "$(web_user)")"
    debian_configure
    echo "counters_file = $debian/run/counters" >>"$debian/etc/dynmod/dynmod.conf"
    mv "$debian/etc" "$debian/etc.new"
    debian_renew
}

# debian_renew: makes the machine as it was at the start; the server does not run.
debian_renew() {
    rm -rf "${debian:?}"/{etc,run,log}
    cp -a "$debian/etc.new" "$debian/etc"
    mkdir "$debian/run" "$debian/log"
    chown "$(web_user)" "$debian/run" "$debian/log"
}

debian_end() {
    debian_stop >/dev/null 2>&1 || true
    rm -rf "$debian"
}

# debian_command COMMAND: prints the line of README that begins with this command.
debian_command() {
    sed -n "s/^    \($1 .*\)/\1/p" "$DEBIAN_SOURCE/README.md"
}

# debian_answer [PATH]: prints what a request without credentials is answered, its status last.
debian_answer() {
    curl -s -m 5 -w ' %{http_code}' "http://127.0.0.1:$debian_port${1-$DEBIAN_RESOURCE}" || true
}

# debian_follow SET-UP COMMAND: runs a command of README; passes when the programs answer three
# requests in a row after it.
debian_follow() {
    report "$1: $2" "$(
        eval "$2" >"$debian/log/steps" 2>&1 || cat "$debian/log/steps"
        for turn in 1 2 3; do
            answer=$(debian_answer)
            [ "$answer" = '{"message":"The request is not from a Connect app."} 401' ] ||
                printf 'request %d got: %s\n' "$turn" "$answer"
            answer=$(debian_answer "$DEBIAN_ADMIN_PATH")
            [ "$answer" = '{"message":"There is no such resource."} 404' ] ||
                printf 'request %d to the admin program got: %s\n' "$turn" "$answer"
        done
    )"
}

# debian_programs: the process ids of dynmod's web programs.
debian_programs() {
    process_using "$debian/usr/lib/dynmod/dynmod.fcgi"
    process_using "$debian/usr/lib/dynmod/dynmod-admin.fcgi"
}
