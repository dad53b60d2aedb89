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
755 usr/share/dynmod/cgi-bin/dynmod.cgi
755 usr/share/dynmod/cgi-bin/dynmod.fcgi
644 usr/share/dynmod/cgi-bin/.htaccess
755 usr/share/dynmod/sql/migrate.sh
644 usr/share/dynmod/sql/roles.sql
644 usr/share/man/man1/dynmodctl.1
644 usr/share/bash-completion/completions/dynmodctl
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
report "the installed migrate.sh" "$(cd / && "$target/usr/share/dynmod/sql/migrate.sh" '' 2>&1 |
    grep -qx 'dynmod: module types: 58 added, 0 upgraded' || echo "no types")"
report "the installed tool" "$("$target/usr/bin/dynmodctl" --version | grep -q '^dynmodctl [0-9]' || echo "no version")"
report "make uninstall leaves the configuration only" "$(make -s uninstall DESTDIR="$target" 2>&1
    places | grep -v '^[0-7]* etc/dynmod/dynmod.conf$' || true)"
report "another PREFIX stands in the set-ups" "$(
    make -s install DESTDIR="$target" PREFIX=/opt/dynmod SYSCONFDIR=/opt/dynmod/etc >"$log" 2>&1 || cat "$log"
    grep -rl '/usr/lib/dynmod\|"/etc/dynmod' "$target/opt/dynmod/etc" || true
    grep -q '"/opt/dynmod/lib/dynmod"' "$target/opt/dynmod/etc/apache2/conf-available/dynmod-fcgid.conf" ||
        echo "not in dynmod-fcgid.conf")"
tap_end
