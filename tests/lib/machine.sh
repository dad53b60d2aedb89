# A Debian machine of one's own for tests; for bash: whoever enters has private /etc, /usr, /var,
# /run and /home over those of the real machine, and sees no other processes and no network. All of
# it goes when the test ends. What commands of README and of doctor change is changed there only.
# shellcheck shell=bash
# shellcheck source=debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
# shellcheck source=../../dev/postgres.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../dev/postgres.sh"

readonly MACHINE_DISK=320m # the size of /var

# machine_enter TEST: goes on with the test on the machine; skips it where that is impossible.
machine_enter() {
    if [ -z "${MACHINE-}" ]; then
        if [ "$(id -u)" -ne 0 ] || ! unshare --mount --pid --net --uts --fork true 2>/dev/null; then
            echo '1..0 # SKIP only root can have a machine of its own'
            exit
        fi
        debian_unpack apache2 libapache2-mod-fcgid lighttpd
        MACHINE=$(mktemp -d "${TMPDIR:-/tmp}/dynmod-machine.XXXXXX")
        export MACHINE
        trap 'rm -rf "$MACHINE"' EXIT
        unshare --mount --pid --net --uts --fork --kill-child --mount-proc bash "$1"
        exit
    fi
    machine_mount
    machine_furnish
}

machine_mount() {
    local place
    mount -t tmpfs -o size=1g tmpfs "$MACHINE"
    mkdir "$MACHINE/var"
    mount -t tmpfs -o size=$MACHINE_DISK tmpfs "$MACHINE/var"
    for place in etc usr var; do
        mkdir -p "$MACHINE/$place/upper" "$MACHINE/$place/work"
        mount -t overlay overlay "/$place" \
            -o "lowerdir=/$place,upperdir=$MACHINE/$place/upper,workdir=$MACHINE/$place/work"
    done
    chmod 755 "$MACHINE"
    for place in run home; do
        mount -t tmpfs -o size=64m,mode=755 tmpfs "/$place"
    done
    ip link set lo up
    hostname jira.example.com
    echo '127.0.0.1 localhost jira.example.com' >>/etc/hosts
    unset TMPDIR
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    cd "$DEBIAN_SOURCE" || exit 1
}

# What Debian's packages set up when they are installed, and a user for the operator.
machine_furnish() {
    local package
    for package in apache2 libapache2-mod-fcgid; do
        tar -C "$DEBIAN_PACKAGES/$package" -c . | tar -C / -x --keep-directory-symlink
    done
    cp -a "$DEBIAN_PACKAGES/lighttpd/etc/." /etc
    install -d -o www-data /var/log/lighttpd /var/log/apache2 /run/lighttpd
    install -d -m 1777 /run/lock
    rm -rf /etc/postgresql/* /var/lib/postgresql/*
    install -d -o postgres -g postgres -m 2775 /run/postgresql
    mkdir -p /etc/apache2/{mods,conf,sites}-enabled /var/lib/apache2
    {
        a2enmod -m -q mpm_event authz_core authz_host auth_basic access_compat authn_file \
            authz_user alias dir env mime negotiation setenvif filter deflate status reqtimeout
        a2enconf -m -q charset localized-error-pages security
        a2ensite -m -q 000-default
    } >/dev/null 2>&1
    echo 'ServerName localhost' >>/etc/apache2/apache2.conf
    sed -i -e 's/^server.port .*/server.port = 8081/' -e '/use-ipv6/d' /etc/lighttpd/lighttpd.conf
    adduser --quiet --disabled-password --gecos '' alice
    install -d -m 755 /home/alice
    machine_cluster
}

# A cluster as Debian makes it.
machine_cluster() {
    pg_createcluster --encoding=UTF8 --locale=C.UTF-8 "$(machine_version)" main --start >/dev/null
}

machine_version() {
    local directory
    directory=$(postgres_programs)
    echo "${directory%/bin}" | sed 's/.*\///'
}

# as USER: runs the commands on standard input as USER does at home.
as() {
    runuser -u "$1" -- env -C / HOME="/home/$1" bash -eu
}

# readme_block HEADING [NUMBER]: the commands of a block of README below a heading.
readme_block() {
    awk -v heading="$1" -v wanted="${2:-1}" '
        !code && /^#+ / { inside = $0 ~ "^#+ " heading "$" }
        /^ *```/ { code = !code; number += inside && code; next }
        inside && code && number == wanted' "$DEBIAN_SOURCE/README.md"
}

# machine_install: what README says of the installation and the database.
machine_install() {
    local descriptor
    descriptor=$(printf '%s\n' '{"key": "com.example.notes", "baseUrl": "https://app.example.com",' \
        '"authentication": {"type": "jwt"}, "lifecycle": {"installed": "/installed"}}')
    bash -eu < <(readme_block Install | sed '/^make$/d')
    bash -eu < <(readme_block 'The database')
    {
        echo 'cd; cat >atlassian-connect.json <<END'
        printf '%s\nEND\n' "$descriptor"
        readme_block 'The database' 2 | sed '/^dynmodctl doctor$/d'
        echo 'dynmodctl site add jira --base-url https://jira.example.com/jira'
    } | as alice
}

# machine_answer: what a request of the app for its modules is answered, the status last.
machine_answer() {
    local url=http://jira.example.com$DEBIAN_RESOURCE
    curl -s -m 10 -w ' %{http_code}' -H "Authorization: $(
        as alice <<<"dynmodctl sign GET $url --app com.example.notes"
    )" "$url" || true
}

# machine_newer: a clone of dynmod's sources in /home/dynmod that has been built, and a newer
# version to be pulled into it, with one migration more.
machine_newer() {
    local newest next upstream=/home/upstream
    newest=$(find "$DEBIAN_SOURCE/sql/migrations" -name '*.sql' | wc -l)
    next=$(printf '%04d' $((newest + 1)))
    mkdir "$upstream"
    (
        set -e
        cd "$DEBIAN_SOURCE" || exit
        cp -a Makefile README.md apache cgi-bin dev lighttpd monitoring sql src systemd "$upstream"
        cd "$upstream" || exit
        git init -q -b main
        machine_commit 'What is installed'
        git clone -q "$upstream" /home/dynmod
        sed -i "s/STORE_VERSION = $newest/STORE_VERSION = $((newest + 1))/" \
            src/store/store_version.h
        printf '%s\n' '-- What a newer version brings.' "SET LOCAL lock_timeout = '5s';" \
            'ALTER TABLE dynmod.site ADD COLUMN note text;' \
            >"sql/migrations/${next}_note.sql"
        machine_commit 'Something new'
        mkdir /home/dynmod/build
        cd "$DEBIAN_SOURCE/build" || exit
        cp -a ./*.[ao] ./*.d dynmod*.fcgi dynmodctl generated base json schema http store connect \
            host api admin gateway ctl /home/dynmod/build
        find /home/dynmod -not -path '*/build*' -exec touch -d 2000-01-01 {} +
    )
}

machine_commit() {
    git add .
    git -c user.name=test -c user.email=test@example.com commit -q -m "$1"
}
