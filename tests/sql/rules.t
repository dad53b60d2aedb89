#!/bin/bash
# The rules that hold for psql too, and what its changes do to documents, revisions and history.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start
app_two=$(sql_app two)

insert() { # insert VALUES: the statement that inserts modules (app, type, origin, definition)
    echo "INSERT INTO dynmod.module (app_id, type_name, origin, definition) VALUES $1"
}
documents="SELECT document FROM dynmod.app ORDER BY id"
revisions="SELECT string_agg(revision::text, ' ' ORDER BY id) FROM dynmod.app"
history_is() { # history_is NAME EXPECTED: the events since the last call
    sql_is "$1" "SELECT concat_ws(' ', operation, app_key, type_name, origin, module_key, definition)
        FROM dynmod.module_event WHERE id > $seen ORDER BY id" "$2"
    history_skip
}
history_skip() {
    seen=$(sql 'SELECT COALESCE(max(id), 0) FROM dynmod.module_event')
}
seen=0

# ---- constraints ----
check() { # check NAME CONSTRAINT STATEMENT: the statement must break this constraint
    like "$1" "$(sql "$3" || true)" "ERROR:  23514: .*\"$2\""
}
site="INSERT INTO dynmod.site (name, base_url) VALUES"
check "a site's name has no blank" site_name_form "$site ('a b', 'http://h')"
for url in h ftp://h 'http://' 'http://h/?q' 'http://h/#f' 'http://h /'; do
    check "a site's base URL: $url" site_base_url_form "$site ('s', '$url')"
done
app="UPDATE dynmod.app SET"
check "an app key has no blank" app_key_form "$app app_key = 'a b' WHERE id = $app_one"
check "an app key has at most 64 characters" app_key_form \
    "$app app_key = repeat('a', 65) WHERE id = $app_one"
sql_is "an app key of 64 characters with dot, low line, hyphen" \
    "$app app_key = rpad('A.b_c-', 64, '9') WHERE id = $app_two;
     $app app_key = 'two' WHERE id = $app_two RETURNING app_key" two
check "an unknown state" app_state_values "$app state = 'gone'"
check "a descriptor that is no object" app_descriptor_object "$app descriptor = '[]'"
# As CHECK constraints these three decompressed the descriptor with each change of a module.
sql_is "what each change of modules writes has no rule that is looked at again" \
    "SELECT count(*) FROM pg_constraint WHERE conrelid = 'dynmod.app'::regclass AND contype = 'c'" 0
like "an app is installed once on each site" "$(sql "$app app_key = 'one'" || true)" \
    'ERROR:  23505: .*"app_unique"'
like "a site with apps cannot be deleted" "$(sql 'DELETE FROM dynmod.site' || true)" \
    'ERROR:  23503: .*"app_site"'
sql_is "scopes become upper case, sorted, once each" \
    "$app scopes = '{write,Read,READ,NULL}' WHERE id = $app_two RETURNING scopes" "{READ,WRITE}"
type="INSERT INTO dynmod.module_type (name, title, container, schema) VALUES"
check "a container is list or single" module_type_container_values "$type ('t', 't', 'map', '{}')"
check "a type's name starts with a letter" module_type_name_form "$type ('9', 't', 'list', '{}')"
check "a schema is an object or a boolean" module_type_schema_form "$type ('t', 't', 'list', '[]')"
check "a module's definition is an object" module_definition_object \
    "$(insert "($app_one, 'panels', 'dynamic', '[]')")"
check "a module's origin" module_origin_values \
    "$(insert "($app_one, 'panels', 'other', '{\"key\":\"a\"}')")"

# ---- rules with a code of their own ----
for definition in '{}' '{"key":7}' '{"key":null}' '{"key":""}' '{"key":"a_b"}' '{"key":"a\n"}'; do
    sql_fails "MD006: a dynamic module $definition" \
        "$(insert "($app_one, 'panels', 'dynamic', '$definition')")" MD006 \
        "[$(sql "SELECT COALESCE('$definition'::jsonb -> 'key', 'null')")]"
done
sql_fails "MD006: a module of a descriptor with a key that is no text" \
    "$(insert "($app_one, 'hooks', 'descriptor', '{\"key\":7}')")" MD006 '[7]'
sql_fails "MD003: an unknown type" \
    "$(insert "($app_one, 'nope', 'descriptor', '{\"key\":\"a\"}')")" MD003 '["nope"]'
sql_fails "MD003: a type that may not be dynamic" \
    "$(insert "($app_one, 'pages', 'dynamic', '{\"key\":\"a\"}')")" MD003 '["pages"]'
sql_fails "MD004: two modules of a single-object type in one statement" \
    "$(insert "($app_one, 'config', 'dynamic', '{\"key\":\"a\"}'),
               ($app_one, 'config', 'descriptor', '{\"key\":\"b\"}')")" MD004 '["config"]'
sql_is "each app may have one of a single-object type" \
    "$(insert "($app_one, 'config', 'dynamic', '{\"key\":\"c\"}'),
               ($app_two, 'config', 'dynamic', '{\"key\":\"c\"}')");
     TRUNCATE dynmod.module" ""
sql_fails "a key is unique over types and origins" \
    "$(insert "($app_one, 'panels', 'dynamic', '{\"key\":\"a\"}'),
               ($app_one, 'pages', 'descriptor', '{\"key\":\"a\"}')")" 23505
sql_is "the same key in two apps, and several modules without a key" \
    "$(insert "($app_one, 'panels', 'dynamic', '{\"key\":\"a\"}'),
               ($app_two, 'panels', 'dynamic', '{\"key\":\"a\"}'),
               ($app_two, 'hooks', 'descriptor', '{\"event\":\"e\"}'),
               ($app_two, 'hooks', 'descriptor', '{\"event\":\"e\"}')");
     SELECT count(*), count(module_key) FROM dynmod.module;
     TRUNCATE dynmod.module" "4|2"
sql_fails "MD002: too many by INSERT" \
    "UPDATE dynmod.site SET module_limit = 2;
     $(insert "($app_one, 'panels', 'dynamic', '{\"key\":\"a\"}')");
     $(insert "($app_one, 'panels', 'dynamic', '{\"key\":\"b\"}'),
               ($app_two, 'panels', 'dynamic', '{\"key\":\"b\"}'),
               ($app_one, 'panels', 'dynamic', '{\"key\":\"c\"}')")" \
    MD002 '{"limit" : 2, "present" : 1, "added" : 2}'
sql_fails "MD002: too many by a move" \
    "$(insert "($app_two, 'panels', 'dynamic', '{\"key\":\"b\"}'),
               ($app_two, 'panels', 'dynamic', '{\"key\":\"c\"}')");
     UPDATE dynmod.module SET app_id = $app_one" \
    MD002 '{"limit" : 2, "present" : 1, "added" : 2}'
sql_is "modules of a descriptor do not count" \
    "$(insert "($app_two, 'panels', 'descriptor', '{\"key\":\"d\"}')");
     SELECT count(*) FROM dynmod.module" 4
sql_fails "MD002: too many by a change of origin" \
    "UPDATE dynmod.module SET origin = 'dynamic'" MD002 '{"limit" : 2, "present" : 2, "added" : 1}'
sql_is "with a lower limit what is there can be changed and removed" \
    "UPDATE dynmod.site SET module_limit = 0;
     UPDATE dynmod.module SET definition = definition || '{\"x\":1}' WHERE app_id = $app_two;
     DELETE FROM dynmod.module RETURNING module_key;
     UPDATE dynmod.site SET module_limit = 100" "a
b
c
d"
sql_fails "MD006 by UPDATE" \
    "$(insert "($app_one, 'panels', 'dynamic', '{\"key\":\"a\"}')");
     UPDATE dynmod.module SET definition = '{}'" MD006 '[null]'
sql_fails "MD003 by UPDATE" "UPDATE dynmod.module SET type_name = 'pages'" MD003 '["pages"]'
sql_is "a definition of a type that is denied by now can be changed" \
    "UPDATE dynmod.module_type SET dynamic_override = false WHERE name = 'panels';
     UPDATE dynmod.module SET definition = definition || '{\"x\":2}' RETURNING definition;
     UPDATE dynmod.module_type SET dynamic_override = NULL WHERE name = 'panels';
     TRUNCATE dynmod.module" '{"x": 2, "key": "a"}'

# ---- documents, revisions and history after psql ----
empty=$(sql "$documents")
is "the documents are empty after TRUNCATE" "$empty" "{}
{}"
history_skip
before=$(sql "$revisions")
sql_is "one INSERT of many modules runs the trigger once" \
    "SET track_functions = 'all';
     BEGIN;
     $(insert "($app_one, 'panels', 'dynamic', '{\"key\":\"a\"}'),
               ($app_two, 'items', 'dynamic', '{\"key\":\"b\"}'),
               ($app_one, 'items', 'dynamic', '{\"key\":\"c\"}'),
               ($app_one, 'config', 'dynamic', '{\"key\":\"d\"}'),
               ($app_one, 'pages', 'descriptor', '{\"key\":\"e\"}')");
     SELECT calls FROM pg_stat_xact_user_functions WHERE funcname = 'module_added_or_removed';
     COMMIT" 1
sql_is "INSERT writes the documents of both apps" "$documents" \
    '{"panels":[{"key": "a"}],"items":[{"key": "c"}],"config":{"key": "d"}}
{"items":[{"key": "b"}]}'
ok "INSERT gives both apps a new revision" test "$(sql "$revisions")" != "$before"
history_is "INSERT is in the history, in order for each app" \
    'insert one panels dynamic a {"key": "a"}
insert one items dynamic c {"key": "c"}
insert one config dynamic d {"key": "d"}
insert one pages descriptor e {"key": "e"}
insert two items dynamic b {"key": "b"}'
before=$(sql "SELECT revision FROM dynmod.app WHERE id = $app_two")
sql "UPDATE dynmod.module SET definition = '{\"key\":\"A\"}' WHERE module_key = 'a'"
sql_is "UPDATE writes the document and keeps the place" \
    "SELECT document FROM dynmod.app WHERE id = $app_one" \
    '{"panels":[{"key": "A"}],"items":[{"key": "c"}],"config":{"key": "d"}}'
history_is "UPDATE is in the history" 'update one panels dynamic A {"key": "A"}'
sql_is "the other app keeps its revision" \
    "SELECT revision FROM dynmod.app WHERE id = $app_two" "$before"
sql "UPDATE dynmod.module SET app_id = $app_two WHERE module_key IN ('A', 'c')"
sql_is "a move writes the documents of both apps" "$documents" \
    '{"config":{"key": "d"}}
{"panels":[{"key": "A"}],"items":[{"key": "b"},{"key": "c"}]}'
history_is "a move leaves one app's history and enters the other's" \
    'delete one panels dynamic A {"key": "A"}
delete one items dynamic c {"key": "c"}
insert two panels dynamic A {"key": "A"}
insert two items dynamic c {"key": "c"}'
sql "DELETE FROM dynmod.module WHERE module_key IN ('b', 'd')"
sql_is "DELETE writes the documents of both apps" "$documents" '{}
{"panels":[{"key": "A"}],"items":[{"key": "c"}]}'
history_is "DELETE is in the history" 'delete one config dynamic d {"key": "d"}
delete two items dynamic b {"key": "b"}'
before=$(sql "$revisions")
sql "DELETE FROM dynmod.module WHERE module_key = 'e'; DELETE FROM dynmod.module WHERE false"
is "a change that leaves the document as it is keeps the revision" "$(sql "$revisions")" "$before"
history_is "and is in the history" 'delete one pages descriptor e {"key": "e"}'
sql "UPDATE dynmod.module_type SET container = 'single' WHERE name = 'items'"
sql_is "a type that becomes single changes the documents" "$documents" '{}
{"panels":[{"key": "A"}],"items":{"key": "c"}}'
sql "UPDATE dynmod.module_type SET container = 'list' WHERE name = 'items';
     $(insert "($app_two, 'items', 'dynamic', '{\"key\":\"f\"}')")"
sql_fails "MD004: a type of which an app has two cannot become single" \
    "UPDATE dynmod.module_type SET container = 'single' WHERE name = 'items'" MD004 '["items"]'
history_skip
sql "TRUNCATE dynmod.module"
sql_is "TRUNCATE empties the documents" "$documents" "$empty"
history_is "TRUNCATE is in the history" 'delete two panels dynamic A {"key": "A"}
delete two items dynamic c {"key": "c"}
delete two items dynamic f {"key": "f"}'

# ---- history ----
history_skip
sql "BEGIN; SET LOCAL dynmod.actor = 'alice';
     $(insert "($app_two, 'items', 'dynamic', '{\"key\":\"g\"}')"); COMMIT;
     DELETE FROM dynmod.app WHERE id = $app_two"
sql_is "history tells who and why, and outlives the app" \
    "SELECT actor, reason, operation, site_name, app_key FROM dynmod.module_event
         WHERE id > $seen ORDER BY id" "alice||insert|here|two
postgres|app deleted|delete|here|two"
sql_is "modules go with their app" "SELECT count(*) FROM dynmod.module" 0
sql_fails "even the superuser cannot change history" \
    "UPDATE dynmod.module_event SET actor = 'nobody'" 42501
sql_is "the owner can delete old history" \
    "SET ROLE dynmod_owner; DELETE FROM dynmod.module_event WHERE id <= $seen;
     SELECT count(*) FROM dynmod.module_event" 2
tap_end
