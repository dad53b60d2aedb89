#!/bin/bash
# What holds for the schema as a whole: comments, safe functions, narrow files.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

namespace="'dynmod'::regnamespace"
sql_is "the schema has a comment" "SELECT obj_description($namespace, 'pg_namespace') <> ''" t
sql_is "every table, view, sequence and index of its own has a comment" \
    "SELECT relname FROM pg_class
     WHERE relnamespace = $namespace AND obj_description(oid, 'pg_class') IS NULL
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
           AND objid = pg_class.oid AND deptype = 'i')
       AND relkind <> 't'" ""
sql_is "every column has a comment" \
    "SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = $namespace AND relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped
       AND col_description(attrelid, attnum) IS NULL" ""
sql_is "every function has a comment" \
    "SELECT proname FROM pg_proc
     WHERE pronamespace = $namespace AND obj_description(oid, 'pg_proc') IS NULL" ""
sql_is "every trigger has a comment" \
    "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
     WHERE relnamespace = $namespace AND NOT tgisinternal
       AND obj_description(pg_trigger.oid, 'pg_trigger') IS NULL" ""
sql_is "every constraint but primary keys has a comment" \
    "SELECT conname FROM pg_constraint
     WHERE connamespace = $namespace AND contype NOT IN ('p', 'n', 't')
       AND obj_description(oid, 'pg_constraint') IS NULL" ""
sql_is "every role has a comment" \
    "SELECT rolname FROM pg_roles
     WHERE rolname LIKE 'dynmod%' AND shobj_description(oid, 'pg_authid') IS NULL" ""
sql_is "there are comments at all" \
    "SELECT count(*) > 150 FROM pg_description
     WHERE objoid IN (SELECT oid FROM pg_class WHERE relnamespace = $namespace
         UNION SELECT oid FROM pg_proc WHERE pronamespace = $namespace
         UNION SELECT oid FROM pg_constraint WHERE connamespace = $namespace)" t

sql_is "every function has a fixed search path" \
    "SELECT proname FROM pg_proc WHERE pronamespace = $namespace
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
    "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'dynmod%' AND NOT rolcanlogin" 4

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
