#!/bin/bash
# README's steps for lighttpd, on a running server with Debian's own configuration: dynmod is served
# afterwards, and the log is where the set-up says.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/debian.sh
. tests/lib/debian.sh

# Private paths and a private port instead of those that the package and the set-ups name.
debian_configure() {
    mkdir "$debian/documents"
    sed -i -e "s|/etc/lighttpd/|$debian/etc/lighttpd/|" -e "s|/var/log/lighttpd/|$debian/log/|" \
        -e "s|/run/lighttpd|$debian/run/lighttpd|" -e "s|/var/cache/lighttpd/uploads|$debian/run|" \
        -e "s|/var/www/html|$debian/documents|" -e "s|www-data|$(web_user)|" \
        -e "s|^server.port .*|server.port = $debian_port\nserver.bind = \"127.0.0.1\"|" \
        -e '/use-ipv6/d' "$debian/etc/lighttpd/lighttpd.conf"
    sed -i -e "s|/var/log/lighttpd/|$debian/log/|" -e "s|/run/lighttpd/|$debian/run/|" \
        "$debian"/etc/lighttpd/conf-available/*-dynmod-*.conf
}

# Debian's command, with another folder.
lighty-enable-mod() {
    perl <(sed "s|\"/etc/lighttpd/\"|\"$debian/etc/lighttpd/\"|" \
        "$DEBIAN_PACKAGES/lighttpd/usr/sbin/lighty-enable-mod") "$@"
}

# systemctl restart lighttpd: what Debian's unit does.
systemctl() {
    debian_stop
    start
}

start() {
    local turns=100
    lighttpd -tt -f "$debian/etc/lighttpd/lighttpd.conf"
    lighttpd -D -f "$debian/etc/lighttpd/lighttpd.conf" >>"$debian/log/journal" 2>&1 &
    until (: <"/dev/tcp/127.0.0.1/$debian_port") 2>/dev/null || [ $((turns -= 1)) -eq 0 ]; do
        sleep 0.05
    done
}

processes() {
    process_using "$(readlink -f /usr/sbin/lighttpd)" "$debian/etc/lighttpd/lighttpd.conf"
    debian_programs
}

debian_stop() {
    processes | process_signal TERM
    process_end 10 processes
}

# steps SET-UP COMMAND LOG: follows README on a server that runs already; requests are to be logged
# in LOG.
steps() {
    debian_renew
    start
    report "$1: Debian's server runs without dynmod" \
        "$(debian_answer | grep -q ' 404$' || debian_answer)"
    debian_follow "$1" "$2"
    report "$1: the log is $3" "$(
        grep -q 'dynmod\[.*status=401 .*: no token' "$debian/log/$3" 2>&1 ||
        { echo "no line of the program in it" && ls "$debian/log"; })"
    report "$1: the set-up's head has the same command" \
        "$(grep -qxF "#   $2" "lighttpd/$1.conf" || echo "it has not")"
    debian_stop
}

debian_start 18800 lighttpd
command=$(debian_command lighty-enable-mod | sed 's/ *#.*//')
report "README names the other set-up" "$(debian_command lighty-enable-mod |
    grep -q '# or dynmod-cgi$' || echo "it does not")"
steps dynmod-fastcgi "$command" error.log
steps dynmod-cgi "${command/fastcgi/cgi}" dynmod.log

debian_renew
start
debian_follow 'both set-ups' "lighty-enable-mod dynmod-cgi && $command"
report "both set-ups: FastCGI serves" "$(grep -q 'FastCGI-stderr.*status=401 .*: no token' \
    "$debian/log/error.log" || echo "no line of the program in error.log")"
debian_stop
tap_end
