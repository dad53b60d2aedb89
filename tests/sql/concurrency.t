#!/bin/bash
# Writers at the same time: the limit holds, nothing is half registered, nobody waits for long.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

# persist STATEMENT: runs it until not too many others of the app are waiting, as apps do after 429.
persist() {
    while psql -XAtq -v VERBOSITY=sqlstate <<<"$1" 2>&1 | grep -q MD013; do
        sleep 0.0$((RANDOM % 9))
    done
}

# together STATEMENT...: each in a connection of its own, all started at the same moment.
together() {
    local statement pids=()
    session_open other
    session other 'SELECT pg_advisory_lock(1)' >/dev/null
    for statement in "$@"; do
        persist "SELECT pg_advisory_lock_shared(1); $statement" >/dev/null 2>&1 &
        pids+=($!)
    done
    ok "all $# are at the start" sql_await \
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted" $#
    session_close other
    wait "${pids[@]}" || true
}

# fill NUMBER: the app has this many dynamic modules and no other.
fill() {
    sql "TRUNCATE dynmod.module;
         INSERT INTO dynmod.module (app_id, type_name, definition)
             SELECT $app_one, 'panels', jsonb_build_object('key', 'old-' || number)
             FROM generate_series(1, $1) AS number"
}

register() { # register TYPE:KEY...: the statement that registers them
    echo "SELECT dynmod.register_modules('here', 'one', '$(modules "$@")');"
}
count='SELECT count(*) FROM dynmod.module'
complete="SELECT app.document = computed.document, json_array_length(app.document::json -> 'panels')
    FROM dynmod.app CROSS JOIN dynmod.compute_document(app.id) AS computed"

fill 95
for i in {1..20}; do statements+=("$(register "panels:new-$i")"); done
together "${statements[@]}"
sql_is "20 registrations at once, from 95 modules: exactly 100" "$count" 100
sql_is "the document has them all" "$complete" "t|100"

fill 95
statements=()
for i in {1..10}; do
    statements+=("$(register "panels:one-$i")")
    statements+=("$(register panels:many-"$i"-{1,2,3})")
done
together "${statements[@]}"
sql_is "20 registrations of 1 or 3 modules at once: exactly 100" "$count" 100
sql_is "none is half registered" \
    "SELECT count(*) FROM (SELECT left(module_key, -2) FROM dynmod.module
         WHERE module_key LIKE 'many-%' GROUP BY 1 HAVING count(*) <> 3) AS half" 0
sql_is "the document has them all again" "$complete" "t|100"

fill 95
statements=()
for i in {1..20}; do
    statements+=("INSERT INTO dynmod.module (app_id, type_name, definition)
        VALUES ($app_one, 'panels', '{\"key\":\"plain-$i\"}');")
done
together "${statements[@]}"
sql_is "20 plain INSERTs at once: exactly 100" "$count" 100
sql_is "the document has those, too" "$complete" "t|100"

fill 0
statements=()
for i in {1..20}; do statements+=("$(register "config:c-$i")"); done
together "${statements[@]}"
sql_is "20 registrations of a single-object type at once: one" "$count" 1

fill 0
statements=()
for i in {1..20}; do statements+=("$(register panels:same)"); done
together "${statements[@]}"
sql_is "20 registrations of the same key at once: one" "$count" 1

# ---- one writer in the middle of a transaction ----
fill 0
session_open other
session other "BEGIN; INSERT INTO dynmod.module (app_id, type_name, definition)
    VALUES ($app_one, 'panels', '{\"key\":\"a\"}')" >/dev/null
started=${EPOCHREALTIME/./}
sql_fails "who waits for a lock gives up" "$(register panels:b)" 55P03
took=$(((${EPOCHREALTIME/./} - started) / 1000))
ok "after 2 seconds" test "$took" -ge 1900 -a "$took" -lt 10000
psql -XAtq -v VERBOSITY=verbose <<<"$(register panels:a items:a)" >"$postgres_directory/out" 2>&1 &
waiter=$!
ok "a registration waits" sql_await \
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'" 1
session other COMMIT
session_close other
wait "$waiter" || true
like "a key that is committed while a registration waits is a duplicate" \
    "$(cat "$postgres_directory/out")" 'ERROR:  MD001: .* keys: \[a\]'

session_open other
session other "BEGIN ISOLATION LEVEL REPEATABLE READ; $count" >/dev/null
sql "INSERT INTO dynmod.module (app_id, type_name, origin, definition)
     VALUES ($app_one, 'config', 'descriptor', '{\"key\":\"c\"}')"
like "in REPEATABLE READ a writer with an old view fails with 40001" \
    "$(session other "INSERT INTO dynmod.module (app_id, type_name, definition)
                VALUES ($app_one, 'config', '{\"key\":\"d\"}')")" 'ERROR:  40001'
session_close other

# ---- keys that are given up while a registration finds out which they are ----
fill 1
sql "CREATE OR REPLACE FUNCTION dynmod.check_keys(
         app_id bigint, app_key text, modules jsonb, origins text[]) RETURNS void
         LANGUAGE sql AS 'DELETE FROM dynmod.module'"
sql_is "may be registered then" \
    "SELECT registered FROM dynmod.register_modules('here', 'one', '$(modules panels:old-1)'); $count" "1
1"
tap_end
