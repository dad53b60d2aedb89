#!/bin/bash
# Each fault that doctor is to find: made on a machine installed by README, found, mended by the very
# commands that doctor printed, and then gone.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/machine.sh
. tests/lib/machine.sh
machine_enter tests/e2e/doctor-faults.t

# doctor ARGUMENT...: runs it; what it finds goes to all, as "level check text", what of it is wrong
# to findings, its commands to commands, and its exit status to status.
doctor() {
    local answer
    status=0
    answer=$("${clock[@]}" dynmodctl --json doctor --as www-data "$@" 2>/dev/null) || status=$?
    all=$(perl -MJSON::PP -0777 -ne 'print join(" ", @$_{qw(level check text)}), "\n"
        for @{ decode_json($_) }' <<<"$answer")
    findings=$(grep -E '^(warning|error) ' <<<"$all" || true)
    commands=$(perl -MJSON::PP -0777 -ne 'for (@{ decode_json($_) }) {
        print "$_->{command}\n" if defined $_->{command} && !$seen{ $_->{command} }++
    }' <<<"$answer")
}

# clean NAME: passes when the last run found nothing wrong.
clean() {
    report "$1" "$([ "$status$findings" = 0 ] || printf '%s\n' "$status" "$findings")"
}

# fault NAME PATTERN COMMANDS [ARGUMENT...]: makes a fault by shell commands. Passes when doctor with
# these arguments finds it, and nothing any more after its own commands.
fault() {
    local name=$1 pattern=$2 turn mended='' found
    eval "$3"
    doctor "${@:4}"
    found=$(grep -E -m 1 "$pattern" <<<"$findings" || true)
    report "$name: found" "$([ -n "$found" ] || printf '%s\n' "exit status $status" "$findings")"
    for turn in 1 2 3; do
        [ -n "$findings" ] || break
        mended+="${mended:+; }${commands//$'\n'/; }"
        report "$name: mended, turn $turn" "$(
            cd /home/dynmod 2>/dev/null || cd /
            bash -eu -c "$commands" >/run/mended 2>&1 </dev/null || cat /run/mended)"
        doctor "${@:4}"
    done
    clean "$name: clean"
    printf '# %s | found: %s | mended: %s | %s\n' "$name" "$found" "$mended" \
        "$([ "$status$findings" = 0 ] && echo clean || echo 'NOT CLEAN')"
}

superuser() {
    runuser -u postgres -- psql -qXAt -v ON_ERROR_STOP=1 -d dynmod "$@"
}

# The users of the programs behind mod_proxy_fcgi, and their roles.
proxy_user() {
    systemd-sysusers dynmod.conf
    dynmodctl setup >/run/setup
}

# What happens to a database whose roles were not in the backup.
lose_roles() {
    runuser -u postgres -- pg_dump -d dynmod -f /tmp/dump.sql
    runuser -u postgres -- psql -q -d postgres -c 'DROP DATABASE dynmod WITH (FORCE)' \
        -c 'DROP ROLE dynmod_owner, dynmod_web, dynmod_host, dynmod_admin, dynmod_read, "www-data", alice' \
        -c 'CREATE DATABASE dynmod'
    runuser -u postgres -- psql -q -d dynmod -f /tmp/dump.sql >/dev/null 2>&1
    rm /tmp/dump.sql
}

# Events from long ago, and the numbers of six million that were between them and today's.
long_history() {
    superuser -c "SET session_replication_role = replica;
        INSERT INTO dynmod.module_change (happened_at, operation, site_name, app_key, type_name,
                origin, module_key)
            SELECT now() - interval '1 day' * (500 - number), 'insert', 'default', 'gone',
                   'webPanels', 'dynamic', 'm' || number FROM generate_series(1, 100) AS number;
        ALTER TABLE dynmod.module_change ALTER COLUMN id RESTART WITH 6000000;
        INSERT INTO dynmod.module_change (operation, site_name, app_key, type_name, origin,
                module_key)
            VALUES ('insert', 'default', 'gone', 'webPanels', 'dynamic', 'today')"
}

# All of /var but 8 MiB, taken by a package that apt has downloaded.
full_disk() {
    local free
    free=$(df --output=avail -B 1 /var | tail -n 1)
    fallocate -l $((free - (8 << 20))) /var/cache/apt/archives/large_1_all.deb
}

# A machine whose clock is wrong. No test can set the clock of the real one: timedatectl, which
# needs systemd, is replaced by one that mends what libfaketime pretends.
wrong_clock() {
    local library=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1
    echo '+45s' >/run/faketime
    clock=(env LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE=/run/faketime FAKETIME_NO_CACHE=1)
    printf '#!/bin/sh\n[ "$*" = "set-ntp true" ] && echo +0 >/run/faketime\n' >/usr/bin/timedatectl
    chmod 755 /usr/bin/timedatectl
}

# The version of a newer dynmod in the database.
newer_database() {
    machine_newer
    as alice <<<"/home/upstream/sql/migrate.sh dbname=dynmod" >/dev/null
}

# What --url says of the running service.
service_asked() {
    local base=http://localhost answer='service http.*: the answer to a request of the app'
    as alice <<<"dynmodctl site set default --base-url $base >/dev/null"
    doctor --url "$base"
    clean 'the service is asked'
    asked 'it answers without credentials' 'ok service dynmod answers at http://localhost/rest/'
    asked 'it answers an app' 'ok service a request of the app com.example.notes is answered'
    fault 'service that nobody reaches' 'error service .*localhost' 'service apache2 stop >/dev/null' \
        --url "$base"
    a2disconf -q dynmod-fcgid >/dev/null
    service apache2 restart >/dev/null
    doctor --url "$base"
    a2enconf -q dynmod-fcgid >/dev/null
    asked 'an address of something else' 'error service .*instead of 401 the answer is 404'
    echo 'SetEnv DYNMOD_SITE jira' >/etc/apache2/conf-enabled/zz-site.conf
    service apache2 restart >/dev/null
    doctor --url "$base"
    asked 'a server that names another site' "error $answer com.example.notes is 404; .* DYNMOD_SITE"
    rm /etc/apache2/conf-enabled/zz-site.conf
    service apache2 restart >/dev/null
    superuser -c 'ALTER ROLE "www-data" NOLOGIN'
    service apache2 restart >/dev/null
    doctor --url "$base"
    asked 'a service without database' \
        "error $answer com.example.notes is 503; dynmodctl doctor --as"
    superuser -c 'ALTER ROLE "www-data" LOGIN'
}

# asked NAME PATTERN: passes when this is among what the last run said.
asked() {
    report "--url: $1" "$(grep -qE "$2" <<<"$all" || echo "$all")"
}

clock=()
machine_install >/dev/null 2>&1
service apache2 stop >/dev/null 2>&1 || true
a2enmod -q fcgid >/dev/null && a2enconf -q dynmod-fcgid >/dev/null
service apache2 start >/dev/null
doctor
clean 'README leads to a machine without faults'

fault 'web user not in the group' 'configuration .*Permission denied' \
    'deluser --quiet www-data dynmod-web'
fault 'configuration for root only' 'configuration .*Permission denied' \
    'chown root:root /etc/dynmod/dynmod.conf && chmod 0600 /etc/dynmod/dynmod.conf'
fault 'configuration that everybody can change' 'configuration every user can change' \
    'chmod o+w /etc/dynmod/dynmod.conf'
fault 'web role without EXECUTE' 'rights the role dynmod_web may not execute find_app$' \
    'superuser -c "REVOKE EXECUTE ON FUNCTION dynmod.find_app(text, text) FROM dynmod_web"'
fault 'web role in no group' 'database the role may not execute app_is_unchanged, find_app' \
    "superuser -c 'REVOKE dynmod_web FROM \"www-data\"'"
fault 'web role that may read' 'rights dynmod_web .* can read app' \
    'superuser -c "GRANT SELECT ON dynmod.app TO dynmod_web"'
fault 'web role without LOGIN' 'role "www-data".* is not permitted to log in' \
    "superuser -c 'ALTER ROLE \"www-data\" NOLOGIN'"
fault 'web role without time limits' 'roles the role "www-data".* no time limits: .*lock_timeout' \
    "superuser -c 'ALTER ROLE \"www-data\" RESET ALL'"
fault 'no web role' 'role "www-data" does not exist' "superuser -c 'DROP ROLE \"www-data\"'"
fault 'objects of a superuser' 'rights superusers own [0-9]+ objects' \
    "superuser -c 'ALTER FUNCTION dynmod.find_app(text, text) OWNER TO postgres' \
        -c 'ALTER TABLE dynmod.site OWNER TO postgres'"
fault 'roles missing after a restore' 'roles these roles are missing: dynmod_admin, .*dynmod_web' \
    lose_roles
superuser -c 'CREATE ROLE alice LOGIN IN ROLE dynmod_owner, dynmod_admin'
fault 'DYNMOD_SITE that is no site' 'DYNMOD_SITE is "jria", but that site does not exist' \
    "echo 'SetEnv DYNMOD_SITE jria' >/etc/apache2/conf-enabled/dynmod-site.conf"
rm -f /etc/apache2/conf-enabled/dynmod-site.conf
fault 'the same in a file of the operator' \
    'apache.conf: DYNMOD_SITE is "taem", but that site does not exist' \
    "echo 'SetEnvIfNoCase Host ^team DYNMOD_SITE=taem' >/etc/dynmod/apache.conf"
rm -f /etc/dynmod/apache.conf
fault 'another version of a type' 'types .*: webPanels$' \
    "superuser -c \"UPDATE dynmod.module_type SET loaded = '{\\\"name\\\": \\\"webPanels\\\"}'
        WHERE name = 'webPanels'\""
fault 'a type that is missing' 'types .*: dialogs$' \
    "superuser -c \"DELETE FROM dynmod.module_type WHERE name = 'dialogs'\""
fault 'a document of other modules' 'modules GET does not show' \
    "superuser -c \"UPDATE dynmod.app SET document = '{\\\"webPanels\\\":[]}'\""
fault 'long history' 'history about 6[0-9]+ events' long_history
fault 'full disk' 'disk the disk for logs in /var/log is nearly full' full_disk
fault 'web server not running' 'web server Apache does not run' 'service apache2 stop >/dev/null'
service_asked
fault 'both web servers' 'web server both Apache and lighttpd' \
    'lighty-enable-mod dynmod-fastcgi >/dev/null'
fault 'both web servers, the other one running' 'web server both Apache and lighttpd' \
    'lighty-enable-mod dynmod-fastcgi >/dev/null; service apache2 stop >/dev/null
    service lighttpd start >/dev/null'
fault 'a socket of lighttpd that is gone' 'socket /run/lighttpd/dynmod.socket-0 is missing' \
    'rm /run/lighttpd/dynmod.socket-0'
lighty-disable-mod dynmod-fastcgi >/dev/null && service lighttpd stop >/dev/null
proxy_user
fault 'no sockets behind mod_proxy_fcgi' 'socket /run/dynmod/dynmod.sock is missing' \
    'a2enmod -q proxy_fcgi >/dev/null && a2enconf -q dynmod-proxy >/dev/null
    service apache2 start >/dev/null'
fault 'a socket for everybody' 'socket every user can connect to /run/dynmod/dynmod.sock' \
    'chmod 0666 /run/dynmod/dynmod.sock'
fault 'a socket not for the web server' 'socket www-data cannot connect to /run/dynmod/dynmod' \
    'chgrp dynmod /run/dynmod/dynmod.sock'
fault 'a socket without programs' 'socket no program listens at /run/dynmod/dynmod-admin.sock' \
    'process_using /usr/lib/dynmod/dynmod-admin.fcgi | process_signal TERM
    process_end 10 process_using /usr/lib/dynmod/dynmod-admin.fcgi'
fault 'database server not running' 'database no connection' 'service postgresql stop >/dev/null'
wrong_clock
fault 'wrong clock' 'clock .* differ by (4[45]|46) seconds' true
clock=()
fault 'database newer than the program' 'schema the database is at version [0-9]+, which a newer' \
    newer_database
tap_end
