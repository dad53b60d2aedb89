#!/bin/bash
# What holds for the schema as a whole: comments, safe functions, narrow files.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

namespace="'dynmod'::regnamespace"
sql_is "the schema has a comment" "SELECT obj_description($namespace, 'pg_namespace') <> ''" t
sql_is "every table, view and sequence of its own has a comment" \
    "SELECT relname FROM pg_class
     WHERE relnamespace = $namespace AND relkind IN ('r', 'v', 'S')
       AND obj_description(oid, 'pg_class') IS NULL
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
           AND objid = pg_class.oid AND deptype = 'i')" ""
# These names say all: numbers of rows, times, and what other tables are known by.
plain="'^(.*_)?id$|_at$|^(site_name|app_key|type_name|module_key|operation|title|deprecated|only_row)$'"
sql_is "every column of a table whose name does not say all has a comment" \
    "SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = $namespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
       AND attname !~ $plain AND col_description(attrelid, attnum) IS NULL" ""
sql_is "every column of a view has a comment that no table explains" \
    "SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = $namespace AND relkind = 'v' AND attname !~ $plain
       AND col_description(attrelid, attnum) IS NULL
       AND attname NOT IN (SELECT attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
           WHERE relnamespace = $namespace AND relkind = 'r')" ""
sql_is "every function that a role may call has a comment" \
    "SELECT DISTINCT proname
     FROM pg_proc, unnest('{dynmod_web,dynmod_host,dynmod_admin,dynmod_read}'::text[]) role
     WHERE pronamespace = $namespace AND has_function_privilege(role, pg_proc.oid, 'EXECUTE')
       AND obj_description(pg_proc.oid, 'pg_proc') IS NULL" ""
sql_is "every role has a comment" \
    "SELECT rolname FROM pg_roles
     WHERE rolname LIKE 'dynmod%' AND shobj_description(oid, 'pg_authid') IS NULL" ""
sql_is "there are comments at all" \
    "SELECT count(*) > 60 FROM pg_description
     WHERE objoid IN (SELECT oid FROM pg_class WHERE relnamespace = $namespace
         UNION SELECT oid FROM pg_proc WHERE pronamespace = $namespace)" t

sql_is "every function that a role or a trigger may call has a fixed search path" \
    "SELECT proname FROM pg_proc WHERE pronamespace = $namespace
     AND (prosecdef OR prorettype = 'trigger'::regtype OR EXISTS (
         SELECT FROM aclexplode(COALESCE(proacl, acldefault('f', proowner)))
         WHERE grantee <> proowner))
     AND 'search_path=pg_catalog, pg_temp' <> ALL (COALESCE(proconfig, '{}'))" ""
sql_is "the functions that write for the API or the operator do not wait for long" \
    "SELECT proname FROM pg_proc WHERE pronamespace = $namespace
     AND prosecdef AND provolatile = 'v' AND prorettype <> 'trigger'::regtype
     AND proname NOT LIKE 'load%' AND 'lock_timeout=2s' <> ALL (proconfig)" ""
sql_is "nothing belongs to anybody but the owner" \
    "SELECT relname FROM pg_class WHERE relnamespace = $namespace AND relkind IN ('r', 'v', 'S')
         AND relowner <> 'dynmod_owner'::regrole
     UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = $namespace
         AND proowner <> 'dynmod_owner'::regrole" ""
sql_is "the owner cannot log in" \
    "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'dynmod%' AND NOT rolcanlogin" 5

report "SQL files have at most 100 columns" \
    "$(grep -nHP '^.{101,}' "$SQL_SOURCE"/*.sql "$SQL_SOURCE"/migrations/*.sql | cut -c1-150 || true)"
report "migrations have at most 400 lines" \
    "$(wc -l "$SQL_SOURCE"/migrations/*.sql | awk '$2 != "total" && $1 > 400')"
report "migrations start with a purpose and the time limit for locks" \
    "$(for file in "$SQL_SOURCE"/migrations/*.sql; do
        head -n 1 "$file" | grep -qE '^-- [A-Z].*' &&
            grep -vE '^(--|$)' "$file" | head -n 1 | grep -qxE "SET LOCAL lock_timeout = '[0-9]+s';" ||
            echo "$file"
    done)"
tap_end
