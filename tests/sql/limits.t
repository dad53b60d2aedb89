#!/bin/bash
# What one app may take: bytes of its modules, and requests that wait for it.
set -eu
. "$(dirname "$0")/../lib/sql.sh"
sql_start
app_two=$(sql_app two)
sql "UPDATE dynmod.site SET byte_limit = 1000, module_byte_limit = 400"

module() { # module KEY BYTES: a module that has as many bytes as text
    local frame="{\"key\": \"$1\", \"text\": \"\"}"
    printf '{"key": "%s", "text": "%*s"}' "$1" $(($2 - ${#frame})) '' | tr ' ' x |
        sed 's/"key":x/"key": /; s/,x"text":x/, "text": /'
}
register() { # register APP KEY BYTES...: the statement that registers such modules
    local app=$1 list=
    shift
    while [ $# -gt 0 ]; do
        list+=",{\"type\":\"panels\",\"definition\":$(module "$1" "$2")}"
        shift 2
    done
    echo "SELECT registered FROM dynmod.register_modules('here', '$app', '[${list#,}]')"
}
detail() { # detail STATEMENT: the SQLSTATE and the DETAIL of its error
    sql "\\set VERBOSITY verbose
         $1" 2>&1 | sed -n 's/^ERROR:  \(MD...\): .*/\1/p; s/^DETAIL:  //p' | paste -sd' '
}
bytes() {
    sql "SELECT dynamic_bytes FROM dynmod.app_overview WHERE app_key = '$1'"
}

# ---- bytes of an app ----
sql_is "two modules of 400 bytes" "$(register one a 400 b 400)" 2
is "as the overview says" "$(bytes one)" 800
is "one byte too many: limit, present and added" "$(detail "$(register one c 201)")" \
    'MD011 {"limit" : 1000, "present" : 800, "added" : 201}'
sql_is "exactly full" "$(register one c 200)" 1
is "nothing more by psql" "$(detail "INSERT INTO dynmod.module (app_id, type_name, definition)
    VALUES ($app_one, 'panels', '{\"key\":\"d\"}')")" 'MD011 {"limit" : 1000, "present" : 1000, "added" : 12}'
is "nor by an UPDATE that lets one grow" \
    "$(detail "UPDATE dynmod.module SET definition = '$(module a 399)' WHERE module_key = 'a';
               UPDATE dynmod.module SET definition = '$(module c 202)' WHERE module_key = 'c'")" \
    'MD011 {"limit" : 1000, "present" : 999, "added" : 2}'
sql_is "another app has its own" "$(register two a 400)" 1
is "also one that moves there" "$(detail "UPDATE dynmod.site SET byte_limit = 500;
    UPDATE dynmod.module SET app_id = $app_two WHERE app_id = $app_one AND module_key = 'c'")" \
    'MD011 {"limit" : 500, "present" : 400, "added" : 200}'
sql_is "under a lower limit modules may change, and shrink, and go" \
    "UPDATE dynmod.site SET byte_limit = 500;
     UPDATE dynmod.module SET definition = '$(module b 399)' WHERE module_key = 'b';
     UPDATE dynmod.module SET definition = '$(module b 399)'
         WHERE module_key = 'b' RETURNING module_key;
     SELECT removed FROM dynmod.remove_modules('here', 'one', '{c}')" "b
1"
is "but not grow" \
    "$(detail "UPDATE dynmod.module SET definition = '$(module b 400)' WHERE module_key = 'b'")" \
    'MD011 {"limit" : 500, "present" : 798, "added" : 1}'
sql "UPDATE dynmod.site SET byte_limit = 100000"

# ---- bytes of a module ----
is "one byte too many in a module" "$(detail "$(register two b 401)")" \
    'MD012 {"limit" : 400, "key" : "b", "bytes" : 401}'
is "the first of several" "$(detail "$(register two b 20 c 402 d 403)")" \
    'MD012 {"limit" : 400, "key" : "c", "bytes" : 402}'
sql_is "modules of a descriptor are not limited" \
    "INSERT INTO dynmod.module (app_id, type_name, origin, definition)
         VALUES ($app_two, 'panels', 'descriptor', '$(module big 5000)') RETURNING origin" descriptor
is "unless they become dynamic" \
    "$(detail "UPDATE dynmod.module SET origin = 'dynamic' WHERE module_key = 'big'")" \
    'MD012 {"limit" : 400, "key" : "big", "bytes" : 5000}'

# ---- requests that wait ----
session_open holder
session holder "BEGIN; SELECT id FROM dynmod.app WHERE id = $app_one FOR NO KEY UPDATE" >/dev/null
waiters=()
for waiter in first second; do
    psql -XAtq >/dev/null 2>&1 <<<"$(register one "$waiter" 20)" &
    waiters+=($!)
done
ok "two wait" sql_await "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'" 2
before=$(date +%s%N)
sql_fails "the third does not" "$(register one third 20)" MD013
sql_fails "nor one that removes" "SELECT dynmod.remove_modules('here', 'one', NULL)" MD013
sql_fails "nor one that sets a property" \
    "SELECT dynmod.set_property('here', 'one', 'p', '1')" MD013
ok "all three are told at once" test $(($(date +%s%N) - before)) -lt 1000000000
sql_is "those of another app go on" "$(register two x 20)" 1
session holder "ROLLBACK" >/dev/null
wait "${waiters[@]}"
sql_is "the two are served" \
    "SELECT string_agg(module_key, ' ' ORDER BY module_key) FROM dynmod.module
         WHERE module_key IN ('first', 'second', 'third')" "first second"
sql_is "then others may wait again" "$(register one third 20)" 1

# Who has waited makes room for who waits, not only with the end of the transaction.
waiting="SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
session holder "SELECT pg_advisory_lock(7);
    BEGIN; SELECT id FROM dynmod.app WHERE id = $app_one FOR NO KEY UPDATE" >/dev/null
psql -XAtq >/dev/null 2>&1 <<<"BEGIN; $(register one fourth 20);
    SELECT pg_advisory_lock(7); COMMIT" &
waiters=($!)
ok "one waits" sql_await "$waiting" 1
session holder "ROLLBACK" >/dev/null
ok "and goes on" sql_await "SELECT count(*) FROM pg_locks WHERE objid = 7 AND NOT granted" 1
for waiter in fifth sixth; do
    psql -XAtq >/dev/null 2>&1 <<<"$(register one "$waiter" 20)" &
    waiters+=($!)
done
ok "two more wait" sql_await "$waiting" 3
sql_fails "a third does not" "$(register one seventh 20)" MD013
session holder "SELECT pg_advisory_unlock(7)" >/dev/null
wait "${waiters[@]}"
sql_is "they are served" "SELECT count(*) FROM dynmod.module
    WHERE module_key IN ('fourth', 'fifth', 'sixth')" 3

# Nor does who gives up keep a place.
session holder "BEGIN; SELECT id FROM dynmod.app WHERE id = $app_one FOR NO KEY UPDATE" >/dev/null
for reason in lock_timeout statement_timeout; do
    sql "SET $reason = '50ms'; $(register one eighth 20)" >/dev/null || true
done
sql_is "places of waiting are left by who gives up" \
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'" 0
session holder "ROLLBACK" >/dev/null
session_close holder
tap_end
