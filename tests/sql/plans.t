#!/bin/bash
# How PostgreSQL plans what requests ask for, in a database whose tables were never analyzed, as
# after an installation: with what is estimated there a connection may work for a long time.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

plans() { # plans STATEMENT: those of all statements that it runs, those of functions too
    sql "LOAD 'auto_explain';
         SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
         SET client_min_messages = log;
         $1"
}
most() { # most PLANS: the highest estimated cost
    sed -nE 's/.*\(cost=[0-9.]+\.\.([0-9]+).*/\1/p' <<<"$1" | sort -n | tail -1
}
keys=$(printf 'panels:m%s ' {1..60})
# shellcheck disable=SC2086 # one argument for each key
sixty=$(modules $keys)
declare -A statements=(
    [find_app]="SELECT FROM dynmod.find_app('here', 'one')"
    [find_app_with_document]="SELECT FROM dynmod.find_app_with_document('here', 'one', '{}')"
    [find_app_for_registration]="SELECT FROM dynmod.find_app_for_registration('here', 'one', 1)"
    [register_modules]="SELECT FROM dynmod.register_modules('here', 'one', '$sixty', NULL, false)"
    [remove_modules]="SELECT FROM dynmod.remove_modules('here', 'one', NULL, NULL, false)"
    [replace_modules]="SELECT FROM dynmod.replace_modules('here', 'one', '$sixty')"
    [own_modules_at]="SELECT FROM dynmod.own_modules_at('here', 'one', now() - interval '1 hour')"
    [app_history]="SELECT FROM dynmod.app_history('here', 'one', NULL, 100)"
    [use_token]="SELECT FROM dynmod.use_token('here', 'one', clock_timestamp()::text, 1)"
    [list_properties]="SELECT FROM dynmod.list_properties('here', 'one')"
    [find_property]="SELECT FROM dynmod.find_property('here', 'one', 'p')"
    [set_property]="SELECT FROM dynmod.set_property('here', 'one', 'p', '1')"
)
limit=$(sql 'SHOW jit_above_cost')
# While there were few apps, PostgreSQL looked for the key of one alone, in the whole index, and went
# on so when there were more, until autovacuum had counted them: 8 ms a change with 60,000 apps.
for name in find_app find_app_with_document find_app_for_registration register_modules remove_modules \
    replace_modules use_token list_properties find_property set_property; do
    found=$(plans "SET plan_cache_mode = force_generic_plan; ${statements[$name]}")
    scans=$(grep -A1 -E 'Scan.* (using|on) app_unique' <<<"$found" || true)
    ok "$name looks for an app" test -n "$scans"
    is "on its site" "$(grep 'Index Cond' <<<"$scans" | grep -v site_id)" ""
    is "and does not read all" "$(grep 'Seq Scan on app ' <<<"$found")" ""
done
for name in find_app find_app_with_document remove_modules replace_modules own_modules_at app_history; do
    found=$(plans "${statements[$name]}")
    cost=$(most "$found")
    ok "$name costs too little to be compiled ($cost of $limit)" test "$cost" -lt $((limit / 20))
    ok "$name runs a statement of its own" test "$(grep -c 'Query Text:' <<<"$found")" -ge 2
done
document_plan() { # document_plan: how a change finds the modules for the document of its app
    plans "UPDATE dynmod.module SET definition = definition || '{\"x\":1}'" |
        sed -n '/Query Text: SELECT array_agg(type_name)/,/LOG:/p'
}
changes=$(document_plan)
like "a change reads the modules of its app by the index" "$changes" 'Index Scan using module_key'
is "and does not read all modules" "$(grep 'Seq Scan on module ' <<<"$changes")" ""
sql "ANALYZE dynmod.module, dynmod.app"
changes=$(document_plan)
like "also where all modules would come sorted by another" "$changes" 'Index Scan using module_key'
# What was planned while there were few modules read all of them for each POST when there were more.
like "the app of a registration is found without reading all modules" \
    "$(plans "${statements[find_app_for_registration]}" | grep 'Scan.* on module ')" \
    '^ *-> *Index Scan using module_key[^>]*$'

# ---- tables that look large ----
# Where many modules had come and gone, the rules were estimated so high that they were compiled
# anew for every POST.
sql_is "PostgreSQL can compile" "SET jit = on; SELECT pg_jit_available()" t
compiled() { # compiled STATEMENT: how many statements are, where none costs too little for it
    plans "SET jit = on; SET jit_above_cost = 0; SET auto_explain.log_analyze = on; $1" | grep -c '^JIT:' || true
}
ok "and does, if the cost is high enough" test "$(compiled 'SELECT 1')" -gt 0
# It took the one row of types_version for 2200, and was compiled anew for every POST.
is "but not what finds the app of a registration" \
    "$(compiled "${statements[find_app_for_registration]}")" 1
is "nor a removal and a registration" \
    "$(compiled "BEGIN; ${statements[remove_modules]}; ${statements[register_modules]}; ROLLBACK")" 2
is "nor what a change of modules needs" \
    "$(compiled "UPDATE dynmod.module SET definition = definition WHERE module_key = 'm1'")" 1
tap_end
