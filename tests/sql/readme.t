#!/bin/bash
# The SQL that README shows to operators: each statement works and finds something to do.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start
"$SQL_SOURCE/migrate.sh" '' >/dev/null

# A module, old events and a waiting call of the app my-app on each of two sites, and a task.
sql "UPDATE dynmod.site SET name = 'default';
     UPDATE dynmod.app SET app_key = 'my-app';
     INSERT INTO dynmod.site (name, base_url) VALUES ('other', 'http://other.example.com');
     INSERT INTO dynmod.app (site_id, app_key, base_url, descriptor)
         SELECT id, 'my-app', 'http://localhost:3000', '{}'
             FROM dynmod.site WHERE name = 'other';
     INSERT INTO dynmod.module (app_id, type_name, definition)
         SELECT id, 'webPanels', '{\"key\":\"hello-panel\"}' FROM dynmod.app;
     INSERT INTO dynmod.module_change
         (happened_at, operation, site_name, app_key, type_name, origin, reason)
         SELECT '2000-01-01', 'insert', name, 'my-app', 'webPanels', 'dynamic', 'on ' || name
             FROM dynmod.site;
     INSERT INTO dynmod.app_event (happened_at, operation, site_name, app_key, reason)
         SELECT '2000-01-01', 'install', name, 'my-app', 'on ' || name FROM dynmod.site;
     INSERT INTO dynmod.callback (app_id, event) SELECT id, 'enabled' FROM dynmod.app;
     SELECT dynmod.create_task('default', 'http://localhost:3000/descriptor', 30)" >/dev/null
# Prints all rows of the site that README does not name.
other_site() {
    sql "SELECT site, app, module FROM dynmod.site JOIN dynmod.app ON app.site_id = site.id
             LEFT JOIN dynmod.module ON module.app_id = app.id WHERE site.name = 'other';
         SELECT module_event FROM dynmod.module_event
             WHERE site_name = 'other' AND reason IS DISTINCT FROM 'on other';
         SELECT app_event FROM dynmod.app_event
             WHERE site_name = 'other' AND reason IS DISTINCT FROM 'on other'"
}
other=$(other_site)

statements=$(sed -n '/^\x60\{3\}sql$/,/^\x60\{3\}$/{/^\x60/!p}' "$(dirname "$0")/../../README.md")
output=$(psql -X -a -v ON_ERROR_STOP=1 -f - <<<"$statements" 2>&1 || true)
ok "README has SQL statements" test "$(grep -c ';$' <<<"$statements")" -ge 5
report "none fails" "$(grep 'ERROR' <<<"$output" || true)"
report "none finds nothing" "$(grep -E -B 3 '^(UPDATE|DELETE) 0$|^INSERT 0 0$|^\(0 rows\)$' \
    <<<"$output" || true)"
is "none touches the app of this name on another site" "$(other_site)" "$other"
report "nor shows its history" "$(grep 'on other' <<<"$output" || true)"
report "but that of the site it names" "$(grep -q 'on default' <<<"$output" || echo "$output")"
tap_end
