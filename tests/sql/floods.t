#!/bin/bash
# How many installations and calls may wait at once.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

create="SELECT dynmod.create_task('here', 'http://localhost/app.json', 60)"

# ---- installations ----
sql_is "ten tasks at once" "SELECT count(DISTINCT dynmod.create_task('here', NULL, 60))
    FROM generate_series(1, 10)" 10
sql_fails "an eleventh" "$create" MD014
sql_is "there is another site" "INSERT INTO dynmod.site (name, base_url)
    VALUES ('there', 'http://localhost:8080/there') RETURNING name" there
sql_fails "of which they count as well" "SELECT dynmod.create_task('there', NULL, 60)" MD014
sql "UPDATE dynmod.task SET ended_at = now() WHERE id = (SELECT min(id) FROM dynmod.task)"
sql_is "one that has ended makes room" "$create IS NOT NULL" t
sql "UPDATE dynmod.task SET deadline = now() WHERE id =
    (SELECT min(id) FROM dynmod.task WHERE ended_at IS NULL)"
sql_is "so does one that is dead" "$create IS NOT NULL" t
sql "DELETE FROM dynmod.task"
writers=()
for ((i = 0; i < 8; i++)); do
    psql -XAtq >/dev/null 2>&1 <<<"BEGIN; $create; $create; SELECT pg_sleep(0.1); COMMIT" &
    writers+=($!)
done
wait "${writers[@]}"
sql_is "who comes at the same time gets no more" "SELECT count(*) FROM dynmod.task" 10
sql "DELETE FROM dynmod.task"

# ---- calls ----
sql "UPDATE dynmod.app SET descriptor = descriptor ||
    '{\"lifecycle\": {\"enabled\": \"/on\", \"disabled\": \"/off\"}}' WHERE app_key = 'one'"
toggle() { # toggle NUMBER: one is disabled and enabled so often
    for ((i = 0; i < $1; i++)); do
        echo "SELECT dynmod.set_app_state('here', 'one', 'disabled', true);
              SELECT dynmod.set_app_state('here', 'one', 'enabled', true);"
    done | psql -XAtq >/dev/null
}
toggle 10
sql_is "twenty calls wait for an app" "SELECT count(*) FROM dynmod.waiting_callback" 20
claimed=$(sql "SELECT dynmod.claim_callback('here', 'one', 60) ->> 'id'")
toggle 5
sql_is "the last ones, and that which is being made" \
    "SELECT count(*), count(*) FILTER (WHERE id = $claimed), max(event), max(id) - min(id)
     FROM dynmod.waiting_callback" "21|1|enabled|29"
sql_is "the history tells of the others" "SELECT count(*), min(detail ->> 'error')
    FROM dynmod.app_event WHERE operation = 'call' AND app_key = 'one'" \
    "9|not sent: too many later ones wait"

tap_end
