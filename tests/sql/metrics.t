#!/bin/bash
# Figures for monitoring: exact for small tables, estimates for large ones.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start
sql "CREATE ROLE web LOGIN IN ROLE dynmod_web"

metrics() { # metrics PATH: a part of what monitoring gets
    PGUSER=web sql "SELECT dynmod.metrics() #> '$1'"
}
is "apps by state, also those that there are none of" "$(metrics '{apps}')" \
    '{"enabled": 1, "disabled": 0, "uninstalled": 0}'
is "no modules" "$(metrics '{modules}')" '{}'
sql "INSERT INTO dynmod.module (app_id, type_name, definition)
         SELECT $app_one, 'panels', jsonb_build_object('key', 'm' || number)
             FROM generate_series(1, 40) AS number;
     UPDATE dynmod.module_type SET dynamic_override = true WHERE name = 'pages';
     INSERT INTO dynmod.module (app_id, type_name, definition)
         VALUES ($app_one, 'pages', '{\"key\":\"page\"}'), ($app_one, 'pages', '{\"key\":\"other\"}')"
sql "UPDATE dynmod.app SET state = 'disabled' WHERE id = $app_one;
     INSERT INTO dynmod.callback (app_id, event) VALUES ($app_one, 'disabled')"
is "apps by state" "$(metrics '{apps}')" '{"enabled": 0, "disabled": 1, "uninstalled": 0}'
is "modules by type" "$(metrics '{modules}')" '{"pages": 2, "panels": 40}'
is "events in the history" "$(metrics '{history,module}')" 42
is "calls that wait" "$(metrics '{callbacks}')" 1

# ---- large tables ----
sql "INSERT INTO dynmod.module (app_id, type_name, definition)
         SELECT $app_one, 'panels', jsonb_build_object('key', 'n' || number)
             FROM generate_series(1, 50) AS number"
is "a table without statistics is counted" \
    "$(sql "SELECT dynmod.count_values('dynmod.module', 'type_name', 10)")" \
    '{"pages": 2, "panels": 90}'
sql "ANALYZE dynmod.module; ANALYZE dynmod.module_change"
is "rows of the history are estimated" "$(metrics '{history,module}')" 92
sql "DELETE FROM dynmod.module WHERE module_key LIKE 'n%'"
is "a large one with statistics is not" \
    "$(sql "SELECT dynmod.count_values('dynmod.module', 'type_name', 10)")" \
    '{"pages": 2, "panels": 90}'
is "a small one is" "$(sql "SELECT dynmod.count_values('dynmod.module', 'type_name', 1000)")" \
    '{"pages": 2, "panels": 40}'

# ---- requests in the history ----
sql "SET dynmod.request = 'r-1';
     DELETE FROM dynmod.module WHERE module_key = 'm1'" >/dev/null
sql_is "the history names the request" \
    "SELECT operation, request_id FROM dynmod.module_event WHERE module_key = 'm1' ORDER BY id" \
    "insert|
delete|r-1"
tap_end
