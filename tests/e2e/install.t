#!/bin/bash
# make install: the files, their places and modes, and that what was installed works by itself.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
# shellcheck source=tests/lib/postgres.sh
. tests/lib/postgres.sh

postgres_start
target="$postgres_directory/target with space"
log=$postgres_directory/install.log

# places: what lies below the target, with the mode of each file.
places() {
    find "$target" -type f -printf '%m %P\n' | sort -k 2
}

wanted="755 usr/bin/dynmodctl
755 usr/lib/dynmod/dynmod.fcgi
755 usr/lib/dynmod/dynmod-admin.fcgi
755 usr/lib/dynmod/cgi-bin/dynmod.cgi
755 usr/lib/dynmod/cgi-bin/dynmod-admin.cgi
755 usr/lib/dynmod/cgi-bin/dynmod-admin.fcgi
755 usr/lib/dynmod/cgi-bin/dynmod.fcgi
644 usr/lib/dynmod/cgi-bin/.htaccess
755 usr/share/dynmod/sql/migrate.sh
644 usr/share/dynmod/sql/roles.sql
644 usr/share/man/man1/dynmodctl.1
644 usr/share/bash-completion/completions/dynmodctl
644 usr/lib/systemd/system/dynmod@.service
644 usr/lib/systemd/system/dynmod-admin@.service
644 usr/lib/systemd/system/dynmod-history.timer
644 usr/lib/sysusers.d/dynmod.conf
644 usr/lib/tmpfiles.d/dynmod.conf
640 etc/dynmod/dynmod.conf
644 etc/apache2/conf-available/dynmod-fcgid.conf
644 etc/apache2/conf-available/dynmod-proxy.conf
644 etc/apache2/conf-available/dynmod-cgi.conf
644 etc/lighttpd/conf-available/50-dynmod-fastcgi.conf
644 etc/lighttpd/conf-available/50-dynmod-cgi.conf"

report "make install" "$(umask 077; make -s install DESTDIR="$target" >"$log" 2>&1 || cat "$log")"
report "files and modes" "$(places >"$postgres_directory/places"
    while read -r place; do
        grep -qxF -- "$place" "$postgres_directory/places" || echo "no $place"
    done <<<"$wanted")"
report "all migrations and module types" "$(diff -r sql "$target/usr/share/dynmod/sql" 2>&1 || true)"
report "the configuration of before stays" "$(echo '# changed' >"$target/etc/dynmod/dynmod.conf"
    make -s install DESTDIR="$target" >"$log" 2>&1 || cat "$log"
    grep -qx '# changed' "$target/etc/dynmod/dynmod.conf" || echo "it was replaced")"

# again [SETTING]...: installs once more and prints what it says of configuration files.
again() {
    make -s install DESTDIR="$target" "$@" 2>&1 | grep '^dynmod: kept ' || true
}
available=$target/etc/apache2/conf-available
report "an edited set-up stays, with the new one beside it" "$(
    echo '# edited' >>"$available/dynmod-fcgid.conf"
    said=$(again)
    [ "$(tail -n 1 "$available/dynmod-fcgid.conf")" = '# edited' ] || echo "it was replaced"
    cmp apache/dynmod-fcgid.conf "$available/dynmod-fcgid.conf.new" 2>&1
    grep -qF "kept $available/dynmod-fcgid.conf, " <<<"$said" || echo "it says: $said"
    find "$target/etc" -name '*.new' ! -name dynmod-fcgid.conf.new ! -name dynmod.conf.new)"
report "so it does a second time" "$(echo stale >"$available/dynmod-fcgid.conf.new"
    again | grep -qF "kept $available/dynmod-fcgid.conf, " || echo "it does not say so"
    cmp apache/dynmod-fcgid.conf "$available/dynmod-fcgid.conf.new" 2>&1)"
report "until the new one is taken over" "$(
    cp "$available/dynmod-fcgid.conf.new" "$available/dynmod-fcgid.conf"
    again | grep -F dynmod-fcgid
    ls "$available/dynmod-fcgid.conf.new" 2>/dev/null)"

# As root, for a group that root is not in.
reader=$(id -un)
[ "$reader" != root ] || reader=nobody
group=$(id -gn "$reader")
group_of() { # group_of FILE: its group and mode
    stat -c '%G %a' "$target/etc/dynmod/$1"
}
report "dynmod.conf may be read by its group" "$(rm "$target/etc/dynmod/dynmod.conf"
    again CONF_GROUP="$group"
    [ "$(group_of dynmod.conf)" = "$group 640" ] || group_of dynmod.conf)"
report "and so may the one beside an edited one" "$(
    echo '# edited' >"$target/etc/dynmod/dynmod.conf"
    again CONF_GROUP="$group" | grep -q /dynmod.conf.new || echo "it is not named"
    [ "$(group_of dynmod.conf.new)" = "$group 640" ] || group_of dynmod.conf.new)"
report "README creates the group that make install looks for" "$(
    name=$(sed -n 's/^CONF_GROUP ?= //p' Makefile)
    grep -qx "addgroup --system $name *#.*" README.md || echo "not $name")"
report "the installed migrate.sh" "$(cd / && "$target/usr/share/dynmod/sql/migrate.sh" '' 2>&1 |
    grep -qx 'dynmod: module types: 58 added, 0 upgraded' || echo "no types")"
report "the installed tool" "$("$target/usr/bin/dynmodctl" --version | grep -q '^dynmodctl [0-9]' || echo "no version")"
report "which finds the installed migrate.sh" "$("$target/usr/bin/dynmodctl" setup --dry-run \
    --config "$target/etc/dynmod/dynmod.conf" --database "host=$PGHOST dbname=postgres" 2>&1 |
    grep -E '^present +schema ' >/dev/null || echo "it does not")"
report "make uninstall leaves the configuration only" "$(make -s uninstall DESTDIR="$target" 2>&1
    places | grep -v '^[0-7]* etc/dynmod/dynmod.conf$' || true)"
report "but for a set-up that was edited" "$(again >/dev/null
    echo '# edited' >>"$available/dynmod-cgi.conf"
    make -s uninstall DESTDIR="$target" 2>&1
    places | grep -vE '^[0-7]* etc/(dynmod/dynmod|apache2/conf-available/dynmod-cgi).conf$'
    tail -n 1 "$available/dynmod-cgi.conf" | grep -vx '# edited')"
report "another PREFIX stands in the set-ups" "$(
    make -s install DESTDIR="$target" PREFIX=/opt/dynmod SYSCONFDIR=/opt/dynmod/etc >"$log" 2>&1 || cat "$log"
    grep -rl '/usr/lib/dynmod\|"/etc/dynmod' "$target/opt/dynmod/etc" || true
    grep -q '"/opt/dynmod/lib/dynmod"' "$target/opt/dynmod/etc/apache2/conf-available/dynmod-fcgid.conf" ||
        echo "not in dynmod-fcgid.conf")"
tap_end
