#!/bin/bash
# The Debian package: built, installed on a bare Debian without systemd, where README's steps lead to
# a served request under each web server; upgraded over edited files, removed, purged.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/debian.sh
. tests/lib/debian.sh

if [ "$(id -u)" -ne 0 ]; then
    echo '1..0 # SKIP a machine of its own takes root'
    exit
fi
readonly site_url=https://jira.example.com # of README

# bare_debian DIRECTORY: makes a Debian 12 with the web servers and PostgreSQL, as they come; for a
# process in the background.
bare_debian() {
    exec eatmydata mmdebstrap --quiet --variant=apt --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --aptopt='Acquire::Languages "none"' --skip=cleanup/apt \
        --include=apache2,libapache2-mod-fcgid,lighttpd,spawn-fcgi,postgresql,curl,adduser \
        --include=systemd-standalone-sysusers,systemd-standalone-tmpfiles bookworm "$1"
}

# on_machine COMMAND...: runs a command there as root.
on_machine() {
    chroot "$machine" env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
        HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

# as USER: runs the commands of standard input there, as this user, until one fails.
as() {
    on_machine su - "$1" -s /bin/bash -c 'bash -e'
}

# quietly COMMAND...: runs a command and prints what it said only if it fails.
quietly() {
    "$@" >"$directory/said" 2>&1 || { echo "failed: $*" && cat "$directory/said"; }
}

# block HEADING NUMBER: prints a block of commands below a heading of README.
block() {
    awk -v heading="$1" -v wanted="$2" '
        /^```/ {within = !within; if (within && inside) number++; next}
        !within && /^#+ / {inside = $0 ~ "^#+ " heading "$"}
        within && inside && number == wanted' README.md | grep . ||
        { echo "README has no block $2 of commands below $1" >&2 && return 1; }
}

# differs WANTED COMMAND...: prints what a command prints unless that is WANTED.
differs() {
    local printed
    printed=$("${@:2}" 2>&1) || true
    [ "$printed" = "$1" ] || printf 'instead of %s: %s\n' "$1" "$printed"
}

# database: what README says about it, as root and then as alice.
database() {
    quietly on_machine pg_ctlcluster 15 main start
    quietly on_machine bash -e <<<"$(block 'The database' 1)"
    quietly as alice <<<"$(block 'The database' 2)"
}

# answer PATH [TOKEN [HOST]]: prints what a request there is answered, the status last.
answer() {
    on_machine curl -s -m 10 -w ' %{http_code}' -H "Authorization: ${2-}" \
        ${3:+-H "Host: $3"} "http://127.0.0.1$1" || true
}

# follow NAME COMMAND: runs a command of README; passes when the sample app and a client of the admin
# program are served after it.
follow() {
    report "$1: $2" "$(
        [ -n "$2" ] || echo 'README has no such command'
        quietly on_machine bash -c "$2"
        token=$(as alice \
            <<<"dynmodctl sign GET $site_url$DEBIAN_RESOURCE --app com.example.dynmod-sample")
        for turn in 1 2 3; do
            said=$(answer "$DEBIAN_RESOURCE" "$token")
            [[ $said == '{'*' 200' ]] || echo "request $turn got: ${said:0:300}"
            said=$(answer "$DEBIAN_ADMIN_PATH")
            [[ $said == *'no such resource'*' 404' ]] ||
                echo "request $turn to the admin program got: ${said:0:300}"
        done
    )"
}

# alone SERVER: starts this web server and stops the other one; none for no server.
alone() {
    on_machine service apache2 stop >/dev/null 2>&1
    on_machine service lighttpd stop >/dev/null 2>&1
    [ "$1" = none ] || quietly on_machine service "$1" start
}

# starts NAME: passes when both web servers accept their configuration, and serve without dynmod.
starts() {
    report "$1: both web servers start" "$(
        quietly on_machine apache2ctl configtest
        quietly on_machine lighttpd -tt -f /etc/lighttpd/lighttpd.conf
        for server in apache2 lighttpd; do
            alone "$server"
            sleep 0.5
            said=$(answer "$DEBIAN_RESOURCE")
            [[ $said == *html*' 404' ]] || echo "$server answers: ${said:0:300}"
        done
        alone none
    )"
}

# owner_of FILE: its owner, group and mode there.
owner_of() {
    on_machine stat -c '%U:%G %a' "$1"
}

# newer PACKAGE: prints the path of a package with a higher version and a line more in each file
# below /etc.
newer() {
    local content=$directory/newer file
    rm -rf "$content"
    dpkg-deb -R "$1" "$content"
    sed -i 's/^Version: .*/&+new/' "$content/DEBIAN/control"
    find "$content/etc" -type f | while read -r file; do
        echo '# of the new version' >>"$file"
    done
    dpkg-deb --root-owner-group -b "$content" "$content.deb" >/dev/null
    echo "$content.deb"
}

# install_package FILE: dpkg -i, with the answers that it takes as defaults.
install_package() {
    cp "$1" "$machine/root/dynmod.deb"
    quietly on_machine dpkg --force-confdef --force-confold -i /root/dynmod.deb
}

# last_lines LINE FILE...: passes, without output, when all of them end with this line.
last_lines() {
    local file
    for file in "${@:2}"; do
        differs "$1" tail -n 1 "$machine$file"
    done
}

# prepare: mounts and programs that the machine needs.
prepare() {
    ip link set lo up
    mkdir -p "$machine/dev/shm"
    mount -t tmpfs -o mode=1777 tmpfs "$machine/dev/shm"
    # What it would do; there is no systemd.
    # shellcheck disable=SC2016 # that is for the script
    printf '#!/bin/sh\nexec service "$2" "$1"\n' >"$machine/usr/local/bin/systemctl"
    chmod 755 "$machine/usr/local/bin/systemctl"
    cp dev/sample/atlassian-connect.json "$machine/home/alice"
}

# installation: what README says up to a database with an app.
installation() {
    report "only a group may read dynmod.conf" \
        "$(differs 'root:dynmod-web 640' owner_of /etc/dynmod/dynmod.conf)"
    report "the web server's user is in it" "$(on_machine id -Gn www-data |
        grep -qw dynmod-web || echo 'it is not')"
    report "the folder of the sockets" "$(differs 'dynmod:www-data 750' owner_of /run/dynmod)"
    starts "nothing is enabled by the installation"
    report "README's steps for the database" "$(database)"
    report "the timers' commands work as their user" "$(
        quietly as dynmod-timer <<<"$(sed -n 's/^ExecStart=//p' systemd/*.service | grep dynmodctl |
            sed 's/[$]{KEEP}/365/')")"
}

# spawn: starts the processes behind mod_proxy_fcgi by the commands in the set-up's head.
spawn() {
    quietly on_machine bash -ec \
        "$(sed -n '/^#   DYNMOD_CONFIG=/,/[^\\]$/s/^#//p' apache/dynmod-proxy.conf)"
}

# set_ups BEGUN: README's steps for each web server; the installation began at that time.
set_ups() {
    alone apache2
    follow dynmod-fcgid "$(debian_command 'a2enmod fcgid')"
    echo "# $(($(date +%s) - $1)) s from the start of the installation to the first served requests"
    quietly on_machine a2disconf -q dynmod-fcgid
    report "dynmod-proxy: spawn-fcgi" "$(spawn)"
    follow dynmod-proxy "$(debian_command 'a2enmod proxy_fcgi')"
    quietly on_machine a2disconf -q dynmod-proxy
    follow dynmod-cgi "$(debian_command 'a2enmod cgid')"
    alone lighttpd
    follow dynmod-fastcgi "$(debian_command lighty-enable-mod)"
    follow 'both set-ups' 'lighty-enable-mod dynmod-cgi && systemctl restart lighttpd'
}

# at_work TOKEN: prints how many processes of the web program the web server has started while six
# requests wait for the database.
at_work() {
    local most=0 count turn processes=()
    as postgres <<<"psql -qX -d dynmod -c BEGIN -c 'LOCK TABLE dynmod.app' \
        -c 'SELECT pg_sleep(1.5)' -c COMMIT" >/dev/null &
    processes+=($!)
    sleep 0.4
    for turn in {1..6}; do
        answer "$DEBIAN_RESOURCE" "$1" team.internal >/dev/null &
        processes+=($!)
    done
    for turn in {1..10}; do
        sleep 0.1
        count=$(on_machine sh -c 'cat /proc/[0-9]*/status' 2>/dev/null | awk -v user="$(on_machine id -u www-data)" '
            $1 == "Name:" {name = $2}
            $1 == "Uid:" && $2 == user && name == "dynmod.fcgi" {count++}
            END {print count + 0}')
        most=$((count > most ? count : most))
    done
    wait "${processes[@]}"
    echo "$most"
}

# own_files: what README lets an operator write, with the number of processes $1 in place of 2.
own_files() {
    block 'Settings of your own' 1 | sed "s/Class 2$/Class $1/" >"$machine/etc/dynmod/apache.conf"
    block 'Settings of your own' 2 | sed "s/ 2$/ $1/" >"$machine/etc/dynmod/lighttpd.conf"
}

# serves_team NAME COMMAND [PROCESSES]: passes when after this command requests to the host of README
# are answered for the site that it names, with so many processes if there are that many requests.
serves_team() {
    report "$1: the operator's file holds" "$(
        quietly on_machine bash -ec "$2"
        said=$(answer "$DEBIAN_RESOURCE" "$team_token" team.internal)
        [[ $said == '{}'*' 200' ]] || echo "a request for the site is answered: ${said:0:300}"
        [ -z "${3-}" ] || differs "$3" at_work "$team_token"
    )"
}

# own_settings PACKAGE: a site and a number of processes in the files that README names, with each
# set-up, before and after an upgrade to shipped files that are others.
own_settings() {
    local name number='' conf=/etc/apache2/conf-available/dynmod-fcgid.conf
    quietly as alice <<<'dynmodctl site add team --base-url https://team.example.com
        dynmodctl app install --site team atlassian-connect.json'
    team_token=$(as alice <<<"dynmodctl sign GET https://team.example.com$DEBIAN_RESOURCE \
        --site team --app com.example.dynmod-sample")
    report "without them the host is nobody's" "$(
        said=$(answer "$DEBIAN_RESOURCE" "$team_token" team.internal)
        [[ $said == *' 404' ]] || echo "it is answered ${said:0:300}")"
    own_files 3
    serves_team dynmod-fastcgi 'service lighttpd restart' 3
    report "an upgrade asks nothing, although each shipped file below /etc is another" "$(
        cp "$(newer "$1")" "$machine/root/newer.deb"
        quietly on_machine dpkg -i /root/newer.deb </dev/null
        last_lines '# of the new version' "$conf" /etc/dynmod/dynmod.conf
        differs 'FcgidMaxProcessesPerClass 3' head -n 1 "$machine/etc/dynmod/apache.conf"
        find "$machine/etc" -name '*.dpkg-*' -path '*dynmod*')"
    serves_team 'dynmod-fastcgi after it' 'service lighttpd restart' 3
    own_files 2
    serves_team 'dynmod-fastcgi, another number' 'service lighttpd restart' 2
    serves_team 'dynmod-cgi in lighttpd' 'lighty-disable-mod dynmod-fastcgi; service lighttpd restart'
    alone apache2
    for name in cgi proxy fcgid; do
        [ "$name" != fcgid ] || number=2
        serves_team "dynmod-$name" "a2disconf -q dynmod-cgi dynmod-proxy dynmod-fcgid
            a2enconf -q dynmod-$name; service apache2 restart" $number
    done
    own_files 3
    serves_team 'dynmod-fcgid, another number' 'service apache2 restart' 3
    quietly as alice <<<'dynmodctl site remove team --yes'
    rm "$machine"/etc/dynmod/{apache,lighttpd}.conf
    quietly on_machine bash -ec 'a2disconf -q dynmod-fcgid; lighty-enable-mod dynmod-fastcgi'
    alone lighttpd
}

# upgrades PACKAGE FILE...: the files are edited, and those edits are there afterwards.
upgrades() {
    local file other=/etc/apache2/conf-available/dynmod-fcgid.conf
    local new=("${@:2}")
    new=("${new[@]/%/.dpkg-dist}")
    for file in "${@:2}"; do
        echo '# edited' >>"$machine$file"
    done
    report "a second installation keeps edits" \
        "$(install_package "$1" && last_lines '# edited' "${@:2}")"
    report "an upgrade keeps edits" \
        "$(install_package "$(newer "$1")" && last_lines '# edited' "${@:2}")"
    report "puts the new version beside them, and in the place of others" \
        "$(last_lines '# of the new version' "$other" "${new[@]}")"
    report "and leaves dynmod.conf to its group" \
        "$(differs 'root:dynmod-web 640' owner_of /etc/dynmod/dynmod.conf)"
    follow 'after the upgrade' 'systemctl restart lighttpd'
}

# removals PACKAGE FILE...: while all set-ups are enabled; edits of the files survive the first one.
removals() {
    local enable='a2enconf -q dynmod-fcgid dynmod-proxy dynmod-cgi
        lighty-enable-mod dynmod-fastcgi dynmod-cgi || [ $? -eq 2 ]'
    quietly on_machine bash -ec "$enable"
    report "dpkg -r" "$(quietly on_machine dpkg -r dynmod)"
    starts "after the removal"
    report "the next installation finds the edits" \
        "$(install_package "$1" && last_lines '# edited' "${@:2}")"
    quietly on_machine bash -ec "$enable"
    own_files 2
    report "dpkg -P" "$(quietly on_machine dpkg -P dynmod)"
    starts "after the purge"
    report "the operator's files are there" "$(
        differs 'var.dynmod_processes := 2' head -n 1 "$machine/etc/dynmod/lighttpd.conf"
        differs 'FcgidMaxProcessesPerClass 2' head -n 1 "$machine/etc/dynmod/apache.conf"
        rm -r "$machine/etc/dynmod")"
    report "nothing else is left" "$(find "$machine"/{etc,lib,run,usr,var} -xdev -name '*dynmod*' \
        ! -path '*/var/log/*')"
}

if [ "${1-}" = inside ]; then
    # All processes end with this one, and no port is taken.
    directory=$2 machine=$2/root package=$3 tap_count=$4
    set +e # what fails is reported
    edited=(/etc/dynmod/dynmod.conf /etc/apache2/conf-available/dynmod-cgi.conf
        /etc/lighttpd/conf-available/50-dynmod-fastcgi.conf)
    prepare
    installation
    set_ups "$5"
    own_settings "$package"
    upgrades "$package" "${edited[@]}"
    removals "$package" "${edited[@]}"
    tap_end
    exit
fi

directory=$(mktemp -d "${TMPDIR:-/tmp}/dynmod-package.XXXXXX")
chmod 755 "$directory"
machine=$directory/root
trap '[ -z "$bare_debian" ] || kill "$bare_debian" 2>/dev/null || true; rm -rf --one-file-system "$directory"' EXIT
trap 'exit 130' INT TERM HUP
bare_debian "$machine" >"$directory/bare_debian.log" 2>&1 &
bare_debian=$!
report "make deb" "$(quietly make --no-print-directory deb)"
package=$(echo build/deb/dynmod_*.deb)
report "lintian finds nothing" \
    "$(TMPDIR=$directory quietly lintian --fail-on error,warning "$package")"
report "each override has a reason" "$(awk '/^dynmod:/ && before !~ /^#/ {print} {before = $0}' \
    debian/dynmod.lintian-overrides)"
wait "$bare_debian" || { cat "$directory/bare_debian.log" >&2 && exit 1; }
bare_debian=
readonly own_processes=(unshare --mount --pid --fork --kill-child --mount-proc="$machine/proc")
install -D -t "$machine/root/build/deb" "$package"
echo 'APT::Get::Assume-Yes "true";' >"$machine/etc/apt/apt.conf.d/yes"
chroot "$machine" useradd -m -s /bin/bash alice
command=$(debian_command 'apt install')
begun=$(date +%s)
report "$command" "$(quietly "${own_processes[@]}" chroot "$machine" \
    env HOME=/root DEBIAN_FRONTEND=noninteractive bash -ec "cd && ${command:?}")"
"${own_processes[@]}" --net "$0" inside "$directory" "$package" "$tap_count" "$begun"
