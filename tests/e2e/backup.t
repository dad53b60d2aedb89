#!/bin/bash
# Backup and restore by README: what was in a cluster is in a fresh one, with roles, their limits and
# rights, doctor finds nothing, apps are served, and an upgrade works.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/machine.sh
. tests/lib/machine.sh
machine_enter tests/e2e/backup.t

superuser() {
    runuser -u postgres -- psql -qXAt -v ON_ERROR_STOP=1 -d dynmod "$@"
}

# is NAME GOT EXPECTED: passes when both are the same text; otherwise shows where not.
is() {
    report "$1" "$(diff <(echo "$3") <(echo "$2") || true)"
}

# steps NAME NUMBER: runs a block of the recipe.
steps() {
    report "$1" "$(bash -eu < <(readme_block 'Backup and restore' "$2") >/run/steps 2>&1 ||
        cat /run/steps)"
}

# doctor NAME: passes when it finds nothing, neither with the eyes of the web user nor the operator's.
doctor() {
    local user answer
    for user in www-data alice; do
        answer=$(dynmodctl doctor --as "$user" 2>&1) || answer+=" error"
        report "$1: doctor --as $user is content" "$(grep -E 'error|warning' <<<"$answer" || true)"
    done
}

# roles: what the roles of dynmod are and may do.
roles() {
    superuser -c "SELECT rolname, rolcanlogin, rolconnlimit, setconfig, ARRAY(SELECT roleid::regrole::text
                FROM pg_auth_members WHERE member = pg_roles.oid ORDER BY 1)
            FROM pg_roles LEFT JOIN pg_db_role_setting ON setrole = pg_roles.oid
            WHERE rolname !~ '^(pg_|postgres$)' ORDER BY 1" \
        -c "SELECT relname, relowner::regrole, COALESCE(relacl,
                acldefault((CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::\"char\", relowner)) FROM pg_class
            WHERE relnamespace = 'dynmod'::regnamespace AND relkind IN ('r', 'v', 'S') ORDER BY 1" \
        -c "SELECT oid::regprocedure::text, proowner::regrole, prosecdef,
                COALESCE(proacl, acldefault('f', proowner)) FROM pg_proc
            WHERE pronamespace = 'dynmod'::regnamespace ORDER BY 1"
}

# content: the rows of all tables.
content() {
    runuser -u postgres -- pg_dump --data-only -d dynmod | sed '/^--/d; /^\\\(un\)\?restrict /d'
}

machine_install >/dev/null 2>&1
superuser -c 'ALTER ROLE "www-data" CONNECTION LIMIT 40'
a2enmod -q fcgid >/dev/null && a2enconf -q dynmod-fcgid >/dev/null
service apache2 start >/dev/null
as alice <<'COMMANDS' >/dev/null
echo '{"webPanels": [{"key": "kept", "location": "atl.jira.view.issue.right.context",
                      "name": {"value": "Kept"}, "url": "/panel"}]}' |
    dynmodctl module register - --app com.example.notes
dynmodctl app rotate-secret com.example.notes --overlap 86400 --quiet-app
COMMANDS
echo 'max_token_lifetime = 3600' >>/etc/dynmod/dynmod.conf
doctor 'before the backup'
served=$(machine_answer)
report 'the app is served' "$([[ $served == *'"kept"'*' 200' ]] || echo "$served")"
configuration=$(stat -c '%U %G %a' /etc/dynmod/dynmod.conf; cat /etc/dynmod/dynmod.conf)

steps 'README backs up' 1
is 'nobody but root can read the backup' "$(stat -c '%U %a' /var/backups/dynmod)" 'root 700'
roles=$(roles)
content=$(content)
report 'there is content' "$(grep -q kept <<<"$content" || echo "$content")"

# The cluster and the configuration are lost; dynmod itself is installed, and the web server runs.
pg_dropcluster --stop "$(machine_version)" main
rm -rf /etc/dynmod
install -d /etc/dynmod
machine_cluster

steps 'README restores' 2
is 'the configuration is as it was' \
    "$(stat -c '%U %G %a' /etc/dynmod/dynmod.conf; cat /etc/dynmod/dynmod.conf)" "$configuration"
is 'roles, owners and rights are as they were' "$(roles)" "$roles"
is 'all rows are as they were' "$(content)" "$content"
doctor 'after the restoration'
is 'the app is served as before' "$(machine_answer)" "$served"

machine_newer
report 'a newer version is installed' "$(
    bash -eu -c 'cd /home/dynmod; git pull -q; make -s; make -s install' >/run/steps 2>&1 ||
        cat /run/steps)"
report 'its migrations work' "$(dynmodctl setup >/run/steps 2>&1 || cat /run/steps)"
report 'there was one' "$(grep -q 'applied migration .*_note.sql' /run/steps || cat /run/steps)"
service apache2 restart >/dev/null
doctor 'after the upgrade'
is 'the app is served after the upgrade' "$(machine_answer)" "$served"
tap_end
