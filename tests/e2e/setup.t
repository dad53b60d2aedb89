#!/bin/bash
# dynmodctl setup, from nothing to a served request: what it makes, again, dry, on what somebody has
# begun by hand, without a superuser, and what it says when the web programs cannot connect.
set -eu
# shellcheck source=../lib/ctl.sh
. "$(dirname "$0")/../lib/ctl.sh"
# For users that only this test has.
if [ -z "${OWN_MOUNTS-}" ] && [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
    OWN_MOUNTS=yes exec unshare --mount bash "$0"
fi
postgres_start
ctl_files=$postgres_directory/files
web=$(web_user)
hba=$postgres_directory/data/pg_hba.conf
# README's own command.
read -ra readme < <(sed -n 's/^dynmodctl setup //p' "$CTL_ROOT/README.md")
base_url=${readme[-1]}
mkdir "$ctl_files"
cp "$ctl_program" "$(dirname "$ctl_program")/dynmod.fcgi" "$ctl_files"
mkdir -p "$postgres_directory/share/dynmod"
cp -R "$SQL_SOURCE" "$postgres_directory/share/dynmod/sql"
ctl_program=$ctl_files/dynmodctl
echo "database = host=$PGHOST dbname=dynmod" >"$ctl_files/dynmod.conf"
echo "database = host=$PGHOST dbname=dynmod user=alice" >"$ctl_files/alice.conf"
export DYNMOD_CONFIG=$ctl_files/dynmod.conf
unset DYNMOD_SITE

# admit LINE...: lets users in by these lines of pg_hba.conf. As on Debian, a user of the machine is
# a role; who runs the test may also be postgres and alice.
admit() {
    printf '%s\n' "$@" | postgres_write "$postgres_directory/data" pg_hba.conf
    # shellcheck disable=SC2016 # $ is the end of a line
    printf 'test %s\n' '/^(.*)$ \1' "$(starter) postgres" "$(starter) alice" |
        postgres_write "$postgres_directory/data" pg_ident.conf
    reload
}
reload() {
    as_user "$(postgres_user)" "$(postgres_programs)/pg_ctl" reload -s -D "$postgres_directory/data"
}
# setup ARGUMENT...: runs the command as on a server, without variables for libpq. Only root can
# become postgres.
setup() {
    # shellcheck disable=SC2034 # they hide those of the test
    local PGHOST PGDATABASE PGUSER=$PGUSER
    unset PGHOST PGDATABASE
    [ "$(id -u)" -ne 0 ] || unset PGUSER
    ctl --json setup --web-user "$web" "$@"
}
# said LEVEL CHECK: what setup has said of that, one line each; nothing else on standard output.
said() {
    perl -MJSON::PP -e '
        local $/;
        print map { "$_->{text}\n" } grep { $_->{level} eq $ARGV[0] && $_->{check} eq $ARGV[1] }
            @{ decode_json(<STDIN>) }' "$1" "$2" <<<"$ctl_out"
}
levels() { # levels: those of what setup has said, with numbers
    perl -MJSON::PP -e '
        local $/;
        my %count;
        $count{ $_->{level} }++ for @{ decode_json(<STDIN>) };
        print join(" ", map { "$_=$count{$_}" } sort keys %count), "\n"' <<<"$ctl_out"
}
# cluster: all that is in it; newer versions of pg_dumpall add a random key.
cluster() {
    pg_dumpall | grep -vE '^\\(un)?restrict'
}
# owners: who owns the schema and everything in it.
owners() {
    PGDATABASE=dynmod sql "SELECT DISTINCT owner::regrole FROM (
         SELECT nspowner AS owner FROM pg_namespace WHERE nspname = 'dynmod'
         UNION ALL SELECT relowner FROM pg_class WHERE relnamespace = 'dynmod'::regnamespace
         UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace = 'dynmod'::regnamespace
         UNION ALL SELECT typowner FROM pg_type WHERE typnamespace = 'dynmod'::regnamespace) AS owned"
}
# clear_cluster: makes it as it was at the beginning.
clear_cluster() {
    sql "DROP DATABASE dynmod WITH (FORCE)"
    sql "SELECT format('DROP ROLE %I;', rolname) FROM pg_roles
             WHERE rolname !~ '^pg_' AND rolname <> 'postgres'" | psql -Xq -v ON_ERROR_STOP=1
}
readonly everybody='local all all peer map=test'
admit "$everybody"

# ---- a dry run ----
before=$(cluster)
is "README names an operator and a site" "${readme[*]:0:3}" "--operator alice --base-url"
setup "${readme[@]}" --dry-run
is "a dry run succeeds" "$ctl_status $ctl_err" "0 "
is "it would make the roles" "$(said planned role | sort | paste -sd ' ')" \
    "$(printf '%s\n' alice dynmod-admin dynmod_{admin,host,owner,read,web} "$web" | sort | paste -sd ' ')"
is "the database" "$(said planned database)" "dynmod, which belongs to dynmod_owner"
like "the schema" "$(said planned schema)" "by migrate.sh, version [0-9]+"
is "and the site" "$(said planned site)" "default at $base_url"
is "and says of nothing that it was done" "$(levels)" "ok=1 planned=22"
is "it changes nothing" "$(cluster)" "$before"

# ---- from nothing ----
setup "${readme[@]}"
is "setup succeeds" "$ctl_status $ctl_err" "0 "
is "all that belongs to the schema is dynmod_owner's, although a superuser has made it" "$(owners)" \
    dynmod_owner
sql_is "and so is the database, in UTF-8" "SELECT datdba::regrole, pg_encoding_to_char(encoding)
     FROM pg_database WHERE datname = 'dynmod'" "dynmod_owner|UTF8"
sql_is "the roles of the programs have time limits" "SELECT rolname, setconfig FROM pg_roles
     JOIN pg_db_role_setting ON setrole = pg_roles.oid ORDER BY rolname = 'dynmod-admin'" \
    "$web|{statement_timeout=5s,lock_timeout=2s,idle_in_transaction_session_timeout=10s}
dynmod-admin|{statement_timeout=5s,lock_timeout=2s,idle_in_transaction_session_timeout=10s}"
sql_is "no role is more than it needs to be" "SELECT count(*) FROM pg_roles
     WHERE rolname !~ '^pg_' AND rolname <> 'postgres'
         AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)" 0
is "the site is there" "$(said "done" site)" "default at $base_url"
is "the web program can connect" "$(said ok access)" \
    "dynmod.fcgi, run by the user $web, can connect as the role $web"

# ---- a request is served ----
app=$(cd "$CTL_ROOT" && cat dev/sample/atlassian-connect.json)
ctl --config "$ctl_files/alice.conf" app install - <<<"$app"
is "the operator installs an app" "$ctl_status $ctl_err" "0 "
path=/rest/atlassian-connect/1/app/module/dynamic
ctl --config "$ctl_files/alice.conf" sign GET $path \
    --app "$(perl -MJSON::PP -0777 -ne 'print decode_json($_)->{key}' <<<"$app")"
like "the web program answers its request" "$(as_user "$web" DYNMOD_CONFIG="$DYNMOD_CONFIG" \
    GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=GET REQUEST_URI=$path SCRIPT_NAME='' QUERY_STRING='' \
    SERVER_PROTOCOL=HTTP/1.1 HTTP_AUTHORIZATION="$ctl_out" "$ctl_files/dynmod.fcgi" </dev/null 2>&1 |
    tr -d '\r' | tr '\n' ' ')" '(^| )Status: 200 .*\{'

# ---- again ----
before=$(cluster)
for more in --dry-run ''; do
    # shellcheck disable=SC2086 # an option or none
    setup "${readme[@]}" $more
    is "again, ${more:-for good}: it has nothing to do" "$ctl_status $ctl_err $(
        said "done" role)$(said "done" schema)$(said planned schema)" "0  "
    like "and says that all is there" "$(levels)" '^note=[0-9]+ ok=2 present=2[0-9]$'
    is "and changes nothing" "$(cluster)" "$before"
done
setup --base-url https://other.example.com
is "a site with another address stays, and that is a fault" "$ctl_status $(said error site)" \
    "1 default is at $base_url, not at https://other.example.com; to change that run dynmodctl site set default --base-url https://other.example.com"
setup --base-url https://other.example.com --site other
is "unless it has another name" "$ctl_status $(said "done" site)" "0 other at https://other.example.com"
ctl setup --web-user "$web" --dry-run
like "people get a table" "$ctl_out" '^present +role +dynmod_owner$'

# ---- the admin program: what it says is what helps ----
setup
like "the admin program needs a line of dynmod.conf" "$(said note access)" \
    "^for the admin program, run by the user $web, $ctl_files/dynmod.conf needs the line: admin_database = "
said note access | sed -n 's/^for the admin program.* line: //p' >>"$ctl_files/dynmod.conf"
setup
like "then it is an error that it cannot connect" "$ctl_status $(said error access)" \
    "^1 dynmod-admin.fcgi, run by the user $web, cannot connect as the role dynmod-admin: "
rules=$(said note access | sed -n "s|^add to $hba, before the other lines: ||p")
map=$(said note access | sed -n 's|^add to .*pg_ident.conf: ||p')
is "the map that it wants" "$rules / $map" \
    "local dynmod dynmod-admin peer map=dynmod / dynmod $web dynmod-admin"
admit "$rules" "$everybody"
echo "$map" | as_user "$(postgres_user)" tee -a "$postgres_directory/data/pg_ident.conf" >/dev/null
reload
setup
is "with these lines it can" "$ctl_status $(said ok access | tail -n 1)" \
    "0 dynmod-admin.fcgi, run by the user $web, can connect as the role dynmod-admin"

# ---- the web program cannot connect ----
readonly few='local all postgres,alice,deployer peer map=test'
admit "$few"
setup
like "that it cannot is an error" "$ctl_status $(said error access | head -n 1)" \
    "^1 dynmod.fcgi, run by the user $web, cannot connect as the role $web: .*pg_hba.conf"
rules=$(said note access | sed -n "s|^add to $hba, before the other lines: ||p" | head -n 1)
is "the line that it wants" "$rules" "local dynmod $web peer"
admit "$rules" "$few"
setup
is "helps" "$(said ok access)" "dynmod.fcgi, run by the user $web, can connect as the role $web"
admit "$everybody"
sed -i '/^admin_database/d' "$ctl_files/dynmod.conf"
ctl --json setup --web-user nobody-of-this-name --database "host=$PGHOST user=postgres"
like "a user whom the machine does not have cannot try" "$ctl_status $(said note access)" \
    '^0 this machine has no user nobody-of-this-name, so whether dynmod.fcgi can connect was not tried'

# ---- the users of the units ----
if [ -n "${OWN_MOUNTS-}" ]; then
    before=$(cluster)
    {
        cat /etc/passwd
        sed -n 's/^u \([^ ]*\).*/\1/p' "$CTL_ROOT/systemd/sysusers.conf" | while read -r user; do
            echo "$user:x:$((id = ${id-64100} + 1)):$id::/nonexistent:/bin/false"
        done
    } >"$ctl_files/passwd"
    mount --bind "$ctl_files/passwd" /etc/passwd
    setup --dry-run
    is "they would get roles" "$ctl_status $(said planned role | sort | paste -sd ' ')" \
        "0 dynmod dynmod-timer"
    is "groups and time limits" "$(said planned member | sort | paste -sd ' ') $(
        said planned "time limit" | sort | paste -sd ' ')" "dynmod is a member of dynmod_web \
dynmod-timer is a member of dynmod_admin dynmod has idle_in_transaction_session_timeout=10s \
dynmod has lock_timeout=2s dynmod has statement_timeout=5s"
    is "a dry run changes nothing" "$(cluster)" "$before"
    setup
    is "they get them" "$ctl_status $(said "done" role | sort | paste -sd ' ')" "0 dynmod dynmod-timer"
    is "can connect" "$(said ok access)" \
        "dynmod.fcgi, run by the user $web, can connect as the role $web
dynmod.fcgi, run by the user dynmod, can connect as the role dynmod
dynmod-admin.fcgi, run by the user dynmod-admin, can connect as the role dynmod-admin
dynmodctl, run by the user dynmod-timer, can connect as the role dynmod-timer"
    before=$(cluster)
    setup
    is "again: there is nothing to do" "$ctl_status $(said "done" role)$(said "done" member)$(
        said "done" "time limit")" "0 "
    is "and nothing is done" "$(cluster)" "$before"
    only="local all $web,postgres peer map=test"
    admit "$only"
    setup
    is "that a unit cannot connect is told, and no error" "$ctl_status $(said note access |
        grep -c 'cannot connect as the role dynmod')" "0 4"
    said note access | sed -n "s|^add to $hba, before the other lines: ||p" >"$ctl_files/rules"
    said note access | sed -n 's|^add to .*pg_ident.conf: ||p' >"$ctl_files/map"
    mapfile -t rules < <(sort -u "$ctl_files/rules")
    admit "${rules[@]}" "$only"
    as_user "$(postgres_user)" tee -a "$postgres_directory/data/pg_ident.conf" \
        <"$ctl_files/map" >/dev/null
    reload
    setup
    is "and its lines help" "$(said note access | grep 'cannot connect' || true)$(
        said ok access | wc -l)" 5
    admit "$everybody"
    echo "database = host=$PGHOST dbname=dynmod user=$web" >"$ctl_files/one-role.conf"
    sql "DROP ROLE dynmod"
    setup --config "$ctl_files/one-role.conf" --dry-run
    is "no role is made for a program that connects as another" \
        "$ctl_status $(said planned role)" "0 "
    umount /etc/passwd
else
    ok "the users of the units # SKIP only root can have mounts of its own" true
fi

# ---- half of it made by hand ----
clear_cluster
sql "CREATE ROLE dynmod_web; CREATE ROLE bob LOGIN; CREATE ROLE \"$web\";
     ALTER ROLE \"$web\" SET statement_timeout = '9s'"
sql "CREATE DATABASE dynmod OWNER bob TEMPLATE template0 ENCODING 'UTF8'"
cp -R "$SQL_SOURCE" "$ctl_files/old"
rm "$ctl_files"/old/migrations/{0009,00[1-9]}*
: >"$ctl_files/old/grants.sql"
rm -r "$ctl_files/old/module_types"
admit 'local all bob trust' "$everybody"
"$ctl_files/old/migrate.sh" "dbname=dynmod user=bob" >/dev/null
PGDATABASE=dynmod sql "ALTER FUNCTION dynmod.find_host(text) OWNER TO postgres"
admit "$everybody"
before=$(cluster)
setup --dry-run --base-url "$base_url"
is "a dry run sees what is there" "$ctl_status $(said present database) $(said present role)" \
    "0 dynmod, which belongs to bob dynmod_web"
like "what is lacking" "$(said planned schema)" '^would apply migration 0009_admin.sql$'
is "and changes nothing of that, either" "$(cluster)" "$before"
setup --base-url "$base_url"
is "setup makes the rest" "$ctl_status $ctl_err" "0 "
is "everything in the schema becomes dynmod_owner's" "$(owners)" dynmod_owner
is "the database stays whose it is" "$(said present database)" "dynmod, which belongs to bob"
sql_is "a time limit that somebody has set stays" \
    "SELECT rolcanlogin, rolconfig[1] FROM pg_roles WHERE rolname = '$web'" "t|statement_timeout=9s"
is "the web program can connect to it" "$(said ok access)" \
    "dynmod.fcgi, run by the user $web, can connect as the role $web"

# ---- without a superuser ----
clear_cluster
sql "CREATE ROLE deployer LOGIN CREATEROLE CREATEDB PASSWORD 'not for ps'"
admit 'local all deployer scram-sha-256' "$everybody"
remote="host=$PGHOST user=deployer password='not for ps'"
setup --database "$remote" --base-url "$base_url"
is "a role that may create roles and databases is enough" "$ctl_status $ctl_err" "0 "
is "all is dynmod_owner's" "$(owners)" dynmod_owner
setup --database "$remote" --base-url "$base_url"
is "again" "$ctl_status $ctl_err $(said "done" role)" "0  "
is "its password is not shown" "$(grep -c 'not for ps' <<<"$ctl_out $ctl_err" || true)" 0

# ---- what it refuses ----
sql "ALTER ROLE \"$web\" SUPERUSER"
before=$(cluster)
setup --operator carol
like "a superuser for the web program" "$ctl_status $ctl_err" \
    "^1 dynmodctl: the role $web is a superuser, which a role of dynmod must not be"
sql "ALTER ROLE \"$web\" NOSUPERUSER; CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'"
setup --database "dbname=latin host=$PGHOST"
like "another encoding" "$ctl_status $ctl_err" \
    '^1 dynmodctl: the database latin has the encoding LATIN1 but needs UTF8'
setup --sql /nowhere
like "a folder that is not there" "$ctl_status $ctl_err" '^1 dynmodctl: .*/nowhere; name it with --sql'
setup --database "host=/nowhere user=postgres"
like "a server that is not there" "$ctl_status ${ctl_err//$'\n'/ }" \
    '^1 dynmodctl: setup connects as a superuser: run it as root .* no connection to the database: '
setup --database "colour=red"
is "a connection string that is none" "$ctl_status $ctl_err" \
    "1 dynmodctl: --database: it is not a valid connection string of PostgreSQL"
sql "DROP DATABASE latin; ALTER ROLE \"$web\" SUPERUSER"
is "and has changed nothing" "$(cluster)" "$before"
sql "ALTER ROLE \"$web\" NOSUPERUSER"

# ---- a failure on the way ----
cp -R "$SQL_SOURCE" "$ctl_files/broken"
next=$(find "$SQL_SOURCE/migrations" -name '*.sql' | wc -l)
echo 'SELECT nonsense' >"$ctl_files/broken/migrations/$(printf '%04d' $((next + 1)))_broken.sql"
setup --sql "$ctl_files/broken" --operator carol --base-url https://third.example.com --site third
like "a migration that fails is told" "$ctl_status ${ctl_err//$'\n'/ }" \
    '^1 .*column "nonsense" does not exist.*dynmodctl: .*/broken/migrate.sh has failed, see its message'
is "after what was done before it" "$(said "done" role)" carol
is "and nothing is done after it" "$(said "done" site)" ""

# ---- as the user postgres, who cannot read the configuration ----
if [ "$(id -u)" -eq 0 ] && [ "$(postgres_user)" = postgres ]; then
    chmod 0600 "$ctl_files/dynmod.conf"
    status=0
    output=$(as_user postgres PGHOST="$PGHOST" DYNMOD_CONFIG="$DYNMOD_CONFIG" "$ctl_program" setup \
        2>&1) || status=$?
    like "postgres can run it, too" "$status $output" 'present +schema +the database is at version'
    like "with the defaults" "$output" 'note .*cannot read the configuration .*, so the defaults hold'
    like "and cannot try what only root can" "$output" \
        'whether dynmod.fcgi can connect as the user www-data, only root can try'
else
    ok "postgres can run it, too # SKIP only root can become postgres" true
fi
tap_end
