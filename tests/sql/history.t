#!/bin/bash
# The history of modules: each definition once, no more than an app may have, and who did it.
set -eu
. "$(dirname "$0")/../lib/sql.sh"
sql_start
app_two=$(sql_app two)

again() { # again NUMBER APP: registers and removes the same module so often
    sql "SELECT FROM generate_series(1, $1),
             LATERAL dynmod.register_modules('here', '$2', '$(modules panels:same)'),
             LATERAL dynmod.remove_modules('here', '$2', '{same}')" >/dev/null
}
definitions() { # definitions APP: how many the history has of it, and their bytes
    sql "SELECT count(*), COALESCE(sum(bytes), 0) FROM dynmod.event_definition WHERE app_key = '$1'"
}
kept() { # kept APP: the keys of the events whose definition is still there
    sql "SELECT string_agg(DISTINCT module_key, ' ' ORDER BY module_key) FROM dynmod.module_event
             WHERE app_key = '$1' AND definition IS NOT NULL"
}

# ---- once ----
for i in {1..20}; do
    again 1 one
done
sql_is "every change is an event with its definition" \
    "SELECT operation, count(*), min(definition::text), max(definition::text)
         FROM dynmod.module_event GROUP BY 1 ORDER BY 1" \
    'delete|20|{"key": "same"}|{"key": "same"}
insert|20|{"key": "same"}|{"key": "same"}'
is "which is kept once" "$(definitions one)" "1|265"
writes() { # writes: 1 if its definition was written since the last call, otherwise 0
    sql "WITH seen AS (UPDATE public.seen SET mark = (SELECT xmin::text || ctid::text
                 FROM dynmod.event_definition WHERE app_key = 'one') RETURNING mark)
         SELECT count(*) FROM seen WHERE mark <> (SELECT mark FROM public.seen)"
}
sql "CREATE TABLE public.seen AS SELECT text '' AS mark"
writes >/dev/null
again 1 one
is "and not written again for a while" "$(writes)" 0
sql "UPDATE dynmod.event_definition SET used_at = now() WHERE app_key = 'one'"
writes >/dev/null
again 1 one
is "but when the while is over" "$(writes)" 1
ok "until when it is in use" test "$(sql "SELECT bool_and(used_at > happened_at)
    FROM dynmod.event_definition JOIN dynmod.module_change ON definition_id = event_definition.id")" = t
again 1 two
is "for each app" "$(definitions two)" "1|265"
sql_is "the app knows how many bytes it has there" \
    "SELECT history_bytes FROM dynmod.app WHERE id = $app_one" 265
sql "INSERT INTO dynmod.module (app_id, type_name, origin, definition)
         SELECT $app_two, 'hooks', 'descriptor', '{\"event\":\"e\"}' FROM generate_series(1, 3);
     DELETE FROM dynmod.module WHERE app_id = $app_two"
sql_is "also three equal ones at once" \
    "SELECT operation, count(definition) FROM dynmod.module_event WHERE type_name = 'hooks'
         GROUP BY 1 ORDER BY 1" "delete|3
insert|3"

# ---- no more than an app may have ----
sql "UPDATE dynmod.site SET history_byte_limit = 3700"
for i in {10..29}; do
    sql "SELECT dynmod.register_modules('here', 'one', '$(modules panels:m-"$i")')" >/dev/null
done
sql_is "all events are there" \
    "SELECT count(*) FROM dynmod.module_event WHERE module_key LIKE 'm-%'" 20
is "the definitions of the last ones" "$(kept one)" "m-17 m-18 m-19 m-20 m-21 m-22 m-23 m-24 m-25 m-26 m-27 m-28 m-29"
ok "are within the limit" test "$(sql "SELECT sum(bytes) FROM dynmod.event_definition
    WHERE app_key = 'one'")" -le 3700
is "other apps keep theirs" "$(kept two)" "same"
sql "UPDATE dynmod.site SET history_byte_limit = 0"
sql "SELECT dynmod.remove_modules('here', 'one', NULL)" >/dev/null
is "a limit of 0 keeps none" "$(kept one)" ""
sql "UPDATE dynmod.site SET history_byte_limit = DEFAULT"
sql "SELECT dynmod.register_modules('here', 'one', '$(modules panels:last)')" >/dev/null
sql "DELETE FROM dynmod.app WHERE app_key = 'one'"
sql_is "the events of an app that was deleted" \
    "SELECT operation, reason, definition FROM dynmod.module_event WHERE module_key = 'last'
         ORDER BY id" 'insert||{"key": "last"}
delete|app deleted|{"key": "last"}'

sql_app one >/dev/null
sql_is "counts for the one that comes back" "SELECT history_bytes = (SELECT sum(bytes)
    FROM dynmod.event_definition WHERE app_key = 'one') FROM dynmod.app WHERE app_key = 'one'" t

# ---- who ----
sql_is "an actor that is set does not hide the login" \
    "SET dynmod.actor = 'somebody else';
     SELECT registered FROM dynmod.register_modules('here', 'two', '$(modules panels:who)');
     UPDATE dynmod.app SET state = 'disabled' WHERE app_key = 'two';
     SELECT actor, login = session_user FROM dynmod.module_event WHERE module_key = 'who';
     SELECT actor, login = session_user FROM dynmod.app_event WHERE operation = 'disable'" "1
somebody else|t
somebody else|t"
sql_fails "definitions are not changed" \
    "UPDATE dynmod.event_definition SET definition = '{}'" 42501

# ---- pruning ----
prune() { # prune DAYS MOST
    sql "SELECT dynmod.prune_history('here', $1, $2)"
}
sql "ALTER TABLE dynmod.module_change DISABLE TRIGGER module_event_refuse_update;
     ALTER TABLE dynmod.app_event DISABLE TRIGGER app_event_refuse_update;
     UPDATE dynmod.module_change SET happened_at = now() - interval '10 days'
         WHERE module_key IS DISTINCT FROM 'who';
     UPDATE dynmod.app_event SET happened_at = now() - interval '10 days'
         WHERE operation = 'install';
     UPDATE dynmod.event_definition SET used_at = now() - interval '10 days'
         WHERE definition ->> 'key' <> 'who' OR definition ->> 'key' IS NULL"
is "nothing is that old" "$(prune 11 1000)" 0
is "at most so many of a kind" "$(prune 10 3)" 6
steps=0
while [ "$(prune 10 10)" -gt 0 ]; do steps=$((steps + 1)); done
ok "in several steps" test $steps -gt 3
sql_is "what is younger stays, with its definition" \
    "SELECT string_agg(concat_ws(' ', operation, module_key, definition), ', ') FROM dynmod.module_event;
     SELECT count(*) FROM dynmod.event_definition;
     SELECT string_agg(operation, ' ' ORDER BY id) FROM dynmod.app_event" \
    'insert who {"key": "who"}
1
delete disable'

# ---- sites and types, and all of it ----
last() { # last: the newest event
    sql "SELECT concat_ws(' ', kind, operation, site_name, type_name, actor, login, reason, detail)
             FROM dynmod.history ORDER BY happened_at DESC LIMIT 1"
}
sql "BEGIN; SET LOCAL dynmod.actor = 'alice'; SET LOCAL dynmod.reason = 'why not';
     UPDATE dynmod.site SET module_limit = 5, on_clash = 'remove_clashing' WHERE name = 'here'; COMMIT"
is "a limit" "$(last)" "site change here alice postgres why not {\"former\": {\"on_clash\": \"remove_all\",\
 \"module_limit\": 100}, \"present\": {\"on_clash\": \"remove_clashing\", \"module_limit\": 5}}"
before=$(sql "SELECT count(*) FROM dynmod.history")
sql "UPDATE dynmod.site SET module_limit = 5; UPDATE dynmod.module_type SET title = title"
is "what stays the same is no event" "$(sql "SELECT count(*) FROM dynmod.history")" "$before"
sql "UPDATE dynmod.site SET name = 'there' WHERE name = 'here'"
is "another name" "$(last)" \
    'site change there postgres postgres {"former": {"name": "here"}, "present": {"name": "there"}}'
sql "SELECT dynmod.set_type_dynamic('panels', false)" >/dev/null
is "a type that is denied" "$(last)" \
    'type change panels postgres postgres {"former": {}, "present": {"dynamic_override": false}}'
sql "UPDATE dynmod.module_type SET schema = '{\"type\":\"object\"}' WHERE name = 'panels'"
like "another schema" "$(last)" 'type change panels .*"schema_sha256": "[0-9a-f]{64}"'
sql "SELECT dynmod.add_site_key('there', 'private', 'public');
     SELECT dynmod.add_site_key('there', 'private', 'public', true)" >/dev/null
like "another key" "$(last)" 'site rotate_key there postgres postgres {"kid": "[0-9a-f-]{36}"}'
sql "SELECT dynmod.load_module_type('{\"name\":\"loaded\"}')" >/dev/null
like "a type that comes with dynmod is no event" "$(last)" 'site rotate_key'
sql "SELECT dynmod.add_module_type('{\"name\":\"own\"}'); SELECT dynmod.remove_module_type('own')" >/dev/null
like "one of the operator's is" "$(last)" 'type remove own'
sql_fails "this history is not changed" "UPDATE dynmod.setting_event SET reason = 'other'" 42501
sql_fails "a type that is loaded is not removed" "SELECT dynmod.remove_module_type('loaded')" 23001
sql_fails "nor one that is unknown" "SELECT dynmod.remove_module_type('nope')" P0002
sql "SELECT dynmod.remove_site('there')"
sql_is "a site goes with its apps" "SELECT count(*) FROM dynmod.app" 0
is "which the history knows" "$(sql "SELECT string_agg(kind || ' ' || operation, ', ' ORDER BY happened_at)
    FROM dynmod.history WHERE site_name = 'there' AND operation IN ('delete', 'remove') AND kind <> 'module'")" \
    "app delete, app delete, site remove"
sql_fails "once" "SELECT dynmod.remove_site('there')" P0002
sql_fails "an app is not there any more" "SELECT dynmod.remove_app('there', 'two')" P0002
is "the newest events are found without reading all" \
    "$(sql "SET enable_seqscan = off; EXPLAIN (COSTS OFF)
        SELECT * FROM dynmod.history ORDER BY happened_at DESC LIMIT 100" |
        sed -n 's/.*\(Merge Append\|Sort *$\|Seq Scan\|Index Scan\).*/\1/p' | sort | uniq -c | xargs)" \
    "3 Index Scan 1 Merge Append"
steps=0
while [ "$(sql "SELECT dynmod.prune_history(NULL, 0, 10)")" -gt 0 ]; do steps=$((steps + 1)); done
sql_is "all of it can be pruned" "SELECT count(*) FROM dynmod.history" 0
tap_end
