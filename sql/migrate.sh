#!/bin/sh
# Brings a database to the newest version of dynmod's schema; needs psql only.
set -eu

usage() {
    cat <<'TEXT'
usage: migrate.sh [--dry-run] [--take-over] CONNINFO

Applies the migrations that the database lacks, sets the rights of the roles of roles.sql that
exist, and loads the module types. Running it again changes nothing.
What it makes belongs to dynmod_owner, where there is such a role and the caller may act as it.
Run by a superuser, it hands over to that role what a superuser owns in the schema.

--dry-run    says what would be handed over and which migrations would be applied, and changes
             nothing
--take-over  hands over to dynmod_owner what any other role owns in the schema

CONNINFO is what psql -d takes: a database name, "host=... dbname=..." or postgresql://...;
an empty one leaves everything to the environment (PGHOST, PGDATABASE, ...).
TEXT
}

fail() {
    printf 'migrate.sh: %s\n' "$1" >&2
    exit 1
}

# Starts a transaction, in which nothing can be changed when nothing shall be. Everything is set for
# the transaction only, so that it is harmless behind a connection pool. first_time is whether there
# is nothing yet to lock_out_others by: until then, and no longer, a lock serves that anybody could
# hold.
begin_transaction() {
    echo "BEGIN ISOLATION LEVEL READ COMMITTED READ $("$dry_run" && echo ONLY || echo WRITE);"
    cat <<'SQL'
SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SELECT NOT EXISTS (
    SELECT FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'dynmod' AND relname = 'schema_version') AS first_time
\gset
\if :first_time
    SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('dynmod.migrate')) AS ignored \gset
\endif
SQL
}

# From here on nobody else migrates; only the schema's owner can say so.
lock_out_others() {
    ! "$dry_run" || return 0
    cat <<'SQL'
\if :first_time
\else
    LOCK TABLE dynmod.schema_version IN SHARE ROW EXCLUSIVE MODE;
\endif
SQL
}

# Gives what a superuser owns in the schema to the schema's owner, or to dynmod_owner where a
# superuser owns the schema itself: functions that run with the rights of their owner must never
# run with those of a superuser. With --take-over dynmod_owner gets what anybody else owns. A
# cluster without dynmod_owner is left as it is.
hand_over() {
    begin_transaction
    cat <<'SQL'
SELECT pg_catalog.current_setting('is_superuser') = 'on' AS superuser \gset
\if :superuser
SQL
    lock_out_others
    cat <<'SQL'
\endif
SQL
    cat <<SQL
SELECT pg_catalog.set_config('dynmod.handed_over', '', true),
       pg_catalog.set_config('dynmod.dry_run', '$dry_run', true),
       pg_catalog.set_config('dynmod.take_over', '$take_over', true)
    \\g /dev/null
SQL
    cat <<'SQL'
DO $$
DECLARE
    take_over CONSTANT boolean := pg_catalog.current_setting('dynmod.take_over');
    heir pg_catalog.regrole;
    object record;
BEGIN
    SELECT CASE WHEN rolsuper OR take_over THEN pg_catalog.to_regrole('dynmod_owner')
                ELSE pg_roles.oid::pg_catalog.regrole END INTO heir
        FROM pg_catalog.pg_namespace JOIN pg_catalog.pg_roles ON pg_roles.oid = nspowner
        WHERE nspname = 'dynmod';
    IF heir IS NULL THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE oid = heir AND rolsuper) THEN
        RAISE EXCEPTION 'dynmod_owner is a superuser, and what it owns runs with its rights: '
            'ALTER ROLE dynmod_owner NOSUPERUSER';
    END IF;
    FOR object IN
        SELECT owned.name, pg_roles.rolname AS owner, pg_roles.rolsuper AS super
            FROM (SELECT 'schema dynmod' AS name, nspowner AS owner
                      FROM pg_catalog.pg_namespace WHERE nspname = 'dynmod'
                  UNION ALL
                  SELECT 'routine ' || oid::pg_catalog.regprocedure, proowner
                      FROM pg_catalog.pg_proc
                      WHERE pronamespace = 'dynmod'::pg_catalog.regnamespace
                  UNION ALL -- views and sequences, too
                  SELECT 'table ' || oid::pg_catalog.regclass, relowner
                      FROM pg_catalog.pg_class
                      WHERE relnamespace = 'dynmod'::pg_catalog.regnamespace
                        AND relkind NOT IN ('i', 'I', 't', 'c')
                        AND NOT EXISTS ( -- a sequence that goes with its table
                            SELECT FROM pg_catalog.pg_depend
                            WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                              AND objid = pg_class.oid AND deptype = 'i')) AS owned
            JOIN pg_catalog.pg_roles ON pg_roles.oid = owned.owner
            WHERE owned.owner <> heir AND (pg_roles.rolsuper OR take_over)
    LOOP
        IF object.super AND pg_catalog.current_setting('is_superuser') = 'off' THEN
            RAISE EXCEPTION 'the superuser % owns the %: run migrate.sh as a superuser once, '
                'which gives it to %', object.owner, object.name, heir;
        END IF;
        IF NOT pg_catalog.current_setting('dynmod.dry_run')::boolean THEN
            EXECUTE 'ALTER ' || object.name || ' OWNER TO ' || heir::text;
        END IF;
    END LOOP;
    IF FOUND THEN
        PERFORM pg_catalog.set_config('dynmod.handed_over', heir::text, true);
    END IF;
END
$$;
SELECT pg_catalog.current_setting('dynmod.handed_over') AS heir,
       pg_catalog.current_setting('dynmod.handed_over') <> '' AS any_handed_over \gset
COMMIT;
\if :any_handed_over
SQL
    if "$dry_run"; then
        said='would give what another role owns in the schema to'
    else
        said='what another role owned in the schema now belongs to'
    fi
    printf '%s\n' "    \\echo 'dynmod: $said' :heir" '\endif'
}

# Starts a transaction in which nobody else migrates, with the schema's owner at work.
begin() {
    begin_transaction
    cat <<'SQL'
SELECT COALESCE(
    (SELECT rolname FROM pg_catalog.pg_namespace
        JOIN pg_catalog.pg_roles ON pg_roles.oid = nspowner WHERE nspname = 'dynmod'),
    (SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = 'dynmod_owner'
        AND pg_catalog.pg_has_role(pg_roles.oid,
            CASE WHEN pg_catalog.current_setting('server_version_num')::integer < 160000
                THEN 'MEMBER' ELSE 'SET' END)),
    CURRENT_USER) AS owner,
    pg_catalog.to_regnamespace('dynmod') IS NULL
        AND pg_catalog.current_setting('transaction_read_only') = 'off' AS schema_missing
\gset
\if :schema_missing
    CREATE SCHEMA dynmod AUTHORIZATION :"owner";
\endif
SELECT pg_catalog.set_config('role', :'owner', true) AS ignored \gset
SQL
    lock_out_others
}

# Refuses a database newer than the files; $1 is the newest version here.
refuse_newer() {
    begin
    cat <<SQL
DO \$\$
BEGIN
    IF pg_catalog.to_regclass('dynmod.schema_version') IS NOT NULL THEN
        IF (SELECT max(version) FROM dynmod.schema_version) > $1 THEN
            RAISE EXCEPTION 'the database is at version %, these files end at version $1: '
                'use the files of a newer dynmod',
                (SELECT max(version) FROM dynmod.schema_version);
        END IF;
    END IF;
END
\$\$;
COMMIT;
SQL
}

# Applies the migration file $1 with number $2 and name $3 unless the database has it; refuses a
# file that has changed since. psql's backquotes cut the last line end, so it is added again.
apply() {
    begin
    cat <<SQL
\\set content \`cat migrations/$1\`
SELECT pg_catalog.set_config('dynmod.checksum', pg_catalog.encode(pg_catalog.sha256(
    pg_catalog.convert_to(:'content' || E'\\n', 'UTF8')), 'hex'), true) AS checksum
\\gset
SELECT pg_catalog.set_config('dynmod.lacking', 'true', true) AS ignored \\gset
DO \$\$
DECLARE
    present text;
BEGIN
    IF pg_catalog.to_regclass('dynmod.schema_version') IS NOT NULL THEN
        SELECT checksum INTO present FROM dynmod.schema_version WHERE version = $2;
        IF present <> pg_catalog.current_setting('dynmod.checksum') THEN
            RAISE EXCEPTION 'the migration $1 has changed since it was applied '
                '(SHA-256 was %, is %): restore the file', present,
                pg_catalog.current_setting('dynmod.checksum');
        END IF;
        PERFORM pg_catalog.set_config('dynmod.lacking', (present IS NULL)::text, true);
    END IF;
END
\$\$;
SELECT pg_catalog.current_setting('dynmod.lacking') AS lacking \\gset
SQL
    if "$dry_run"; then
        cat <<SQL
COMMIT;
\\if :lacking
    \\echo 'dynmod: would apply migration $1'
\\endif
SQL
        return
    fi
    cat <<SQL
\\if :lacking
    \\i migrations/$1
    INSERT INTO dynmod.schema_version (version, name, checksum)
        VALUES ($2, '$3', :'checksum');
\\endif
COMMIT;
\\if :lacking
    \\echo 'dynmod: applied migration $1'
\\endif
SQL
}

# Loads the module types that the database lacks or has from older files.
load_types() {
    begin
    printf '%s\n' '\set added 0' '\set upgraded 0'
    if [ -f module_types/definitions.json ]; then
        cat <<'SQL'
\set content `cat module_types/definitions.json`
SELECT dynmod.load_schema_definitions(:'content') AS definitions \gset
SQL
    fi
    for file in module_types/*.json; do
        case ${file#module_types/} in
        definitions.json | '*.json') continue ;;
        *[!a-zA-Z0-9_.-]*) fail "$file: a name has letters, digits, _ and - only" ;;
        esac
        cat <<SQL
\\set content \`cat $file\`
SELECT :added + (outcome = 'added')::integer AS added,
       :upgraded + (outcome = 'upgraded')::integer AS upgraded
    FROM dynmod.load_module_type(:'content') AS outcome \\gset
SQL
    done
    cat <<'SQL'
COMMIT;
\echo 'dynmod: module types:' :added added, :upgraded upgraded
SQL
}

# Prints the script for psql, which runs in the folder of this file.
script() {
    newest=0
    for file in migrations/*.sql; do
        newest=$((newest + 1))
    done
    hand_over
    refuse_newer "$newest"
    number=0
    for file in migrations/*.sql; do
        file=${file#migrations/}
        number=$((number + 1))
        name=${file#*_}
        case $file in
        *[!a-z0-9_.]*) fail "migrations/$file: a name has small letters, digits and _ only" ;;
        "$(printf '%04d_' "$number")"*) apply "$file" "$number" "${name%.sql}" ;;
        *) fail "migrations/$file: expected number $(printf '%04d' "$number")" ;;
        esac
    done
    ! "$dry_run" || return 0
    begin
    printf '%s\n' '\i grants.sql' 'COMMIT;'
    load_types
    printf "\\\\echo 'dynmod: the database is at version %s'\n" "$newest"
}

dry_run=false take_over=false
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --dry-run) dry_run=true ;;
    --take-over) take_over=true ;;
    *) break ;;
    esac
    shift
done
if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then
    usage >&2
    exit 2
fi
directory=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
commands=$(cd -- "$directory" && script)
# psql connects before it changes folder, so that relative paths in CONNINFO keep their meaning.
printf '\\cd :directory\n%s\n' "$commands" |
    PGCLIENTENCODING=UTF8 psql -X -q -v ON_ERROR_STOP=1 -v SHOW_CONTEXT=never \
        -v directory="$directory" -d "$1" -f -
