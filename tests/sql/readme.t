#!/bin/bash
# The SQL that README shows to operators: each statement works and finds something to do.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start
"$SQL_SOURCE/migrate.sh" '' >/dev/null
sql "UPDATE dynmod.site SET name = 'default';
     UPDATE dynmod.app SET app_key = 'my-app';
     INSERT INTO dynmod.module (app_id, type_name, definition)
         VALUES ($app_one, 'webPanels', '{\"key\":\"hello-panel\"}');
     INSERT INTO dynmod.module_event
         (happened_at, operation, site_name, app_key, type_name, origin, definition)
         VALUES ('2000-01-01', 'insert', 'default', 'my-app', 'webPanels', 'dynamic', '{}')"

statements=$(sed -n '/^\x60\{3\}sql$/,/^\x60\{3\}$/{/^\x60/!p}' "$(dirname "$0")/../../README.md")
output=$(psql -X -a -v ON_ERROR_STOP=1 -f - <<<"$statements" 2>&1 || true)
ok "README has SQL statements" test "$(grep -c ';$' <<<"$statements")" -ge 5
report "none fails" "$(grep 'ERROR' <<<"$output" || true)"
report "none finds nothing" "$(grep -E -B 3 '^(UPDATE|DELETE) 0$|^INSERT 0 0$|^\(0 rows\)$' \
    <<<"$output" || true)"
tap_end
