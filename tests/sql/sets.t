#!/bin/bash
# Sets of dynamic modules: replaced as a whole, changed under a condition, tried without a trace.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

weighted() { # weighted TYPE:KEY[:WEIGHT]...: as modules, of which some have a weight
    local module type key weight list=
    for module in "$@"; do
        IFS=: read -r type key weight <<<"$module"
        list+=",{\"type\":\"$type\",\"definition\":{\"key\":\"$key\"${weight:+,\"weight\":$weight}}}"
    done
    echo "[${list#,}]"
}
replace() { # replace MODULES [EXPECTED [DRY_RUN]]: the statement that replaces the set
    echo "SELECT added, updated, removed, unchanged FROM dynmod.replace_modules('here', 'one', '$1',
              ${2-NULL}, ${3-false})"
}
register() { # register MODULES [EXPECTED [DRY_RUN]]: the statement that registers them
    echo "SELECT registered FROM dynmod.register_modules('here', 'one', '$1', ${2-NULL}, ${3-false})"
}
remove() { # remove KEYS [EXPECTED [DRY_RUN]]: the statement that removes them
    echo "SELECT removed FROM dynmod.remove_modules('here', 'one', $1, ${2-NULL}, ${3-false})"
}
document() { # document: what GET shows, once it is sure that it is that of the modules
    sql "SELECT app.document FROM dynmod.app CROSS JOIN dynmod.compute_document(app.id) AS computed
             WHERE app.id = $app_one AND app.document = computed.document"
}
revision() { # revision: of the app
    sql "SELECT revision FROM dynmod.app WHERE id = $app_one"
}
# All that a change may leave behind.
everything="SELECT id, type_name, definition, registered_at FROM dynmod.module ORDER BY id;
    SELECT revision, document, modules_changed_at, history_bytes FROM dynmod.app ORDER BY id;
    SELECT count(*) FROM dynmod.module_event; SELECT count(*) FROM dynmod.app_event;
    SELECT id, used_at FROM dynmod.event_definition ORDER BY id"
places="SELECT string_agg(module_key, ' ' ORDER BY id) FROM dynmod.module"

# ---- replacing ----
sql_is "a set where there was none" "$(replace "$(modules panels:a items:b panels:c)")" "{a,b,c}|{}|{}|{}"
is "is in the order of the request" "$(document)" \
    '{"panels":[{"key": "a"},{"key": "c"}],"items":[{"key": "b"}]}'
sql "CREATE TABLE public.before AS SELECT * FROM dynmod.module"
before=$(revision)
mark=$(sql "SELECT max(id) FROM dynmod.module_event")
sql_is "added, updated and unchanged come in the order of the request, removed as they were" \
    "$(replace "$(weighted items:new panels:c:7 items:b items:other)")" "{new,other}|{c}|{a}|{b}"
is "what is known keeps its place, what is new comes last" "$(document)" \
    '{"items":[{"key": "b"},{"key": "new"},{"key": "other"}],"panels":[{"key": "c", "weight": 7}]}'
sql_is "what is known keeps its number and the time it was registered" \
    "SELECT module_key, module.registered_at = before.registered_at
         FROM dynmod.module JOIN before USING (id, module_key) ORDER BY id" "b|t
c|t"
ok "the revision is a later one" test "$(revision)" -gt "$before"
given=$(sql "SELECT revision
    FROM dynmod.replace_modules('here', 'one', '$(weighted items:new panels:c:8 items:b items:other)')")
is "which the function gives" "$given" "$(revision)"
sql_is "the history has each change once, with the number of the module" \
    "SELECT operation, module_key, event.definition ->> 'weight', event.module_id = module.id,
            module_id IN (SELECT id FROM before)
         FROM dynmod.module_event AS event LEFT JOIN dynmod.module USING (module_key)
         WHERE event.id > $mark ORDER BY event.id" "delete|a|||t
update|c|7|t|t
insert|new||t|f
insert|other||t|f
update|c|8|t|t"
sql_is "and what an update replaced" \
    "SELECT kept.definition FROM dynmod.module_change JOIN dynmod.event_definition AS kept
         ON kept.id = former_definition_id ORDER BY module_change.id" '{"key": "c"}
{"key": "c", "weight": 7}'
before=$(sql "$everything")
sql_is "an equal set, in whatever order, changes nothing" \
    "$(replace "$(weighted panels:c:8 items:other items:new items:b)")" "{}|{}|{}|{c,other,new,b}"
is "neither modules nor history" "$(sql "$everything")" "$before"
sql_is "a known key under another type is removed and added, at the end" \
    "$(replace "$(weighted panels:c:8 items:other panels:b items:new)")" "{b}|{}|{b}|{c,other,new}"
sql_is "the order" "$places" "c new other b"
sql_is "no module at all" "$(replace '[]')" "{}|{}|{c,new,other,b}|{}"
is "leaves an empty document" "$(document)" '{}'
sql_is "and again" "$(replace '[]')" "{}|{}|{}|{}"
sql_is "100 modules, all others than the 100 before" \
    "$(replace "[$(printf ',{"type":"panels","definition":{"key":"old-%d"}}' {1..100} | cut -c 2-)]" | sed 's/added/cardinality(added)/')
     ;$(replace "[$(printf ',{"type":"panels","definition":{"key":"new-%d"}}' {1..100} | cut -c 2-)]" |
         sed 's/added, updated, removed/cardinality(added), updated, cardinality(removed)/')" \
    "100|{}|{}|{}
100|{}|100|{}"

# ---- rules ----
sql "$(replace "$(weighted panels:a config:d items:b:1)")
     ;INSERT INTO dynmod.module (app_id, type_name, origin, definition)
         VALUES ($app_one, 'pages', 'descriptor', '{\"key\":\"page\"}')" >/dev/null
before=$(sql "$everything")
sql_fails "MD001 names the keys that are there twice, and those of the descriptor, once each" \
    "$(replace "$(modules items:n panels:a items:page items:n panels:a items:page)")" MD001 '["n","a","page"]'
sql_fails "MD001 also for a key under two types" "$(replace "$(modules items:n panels:n)")" MD001 '["n"]'
sql_fails "MD003 names types that are unknown or not dynamic" \
    "$(replace "$(modules panels:a pages:l nope:m)")" MD003 '["nope", "pages"]'
sql_fails "MD003 where a known key comes under such a type" "$(replace "$(modules pages:a)")" MD003 '["pages"]'
sql_fails "MD004: two of a type that an app may have once" \
    "$(replace "$(modules config:x config:y)")" MD004 '["config"]'
sql_fails "MD004: also beside the one that stays" "$(replace "$(modules config:d config:e)")" MD004 '["config"]'
sql_fails "MD006: keys that are not valid" \
    "$(replace '[{"type":"panels","definition":{"key":"a_b"}},{"type":"panels","definition":{}},
        {"type":"panels","definition":{"key":7}}]')" MD006 '["a_b", null, 7]'
sql_fails "MD006: also in the place of a known one" \
    "$(replace "$(modules items:7)") ;$(replace '[{"type":"items","definition":{"key":7}}]')" MD006 '[7]'
sql "$(replace "$(weighted panels:a config:d items:b:1)")" >/dev/null
before=$(sql "$everything")
sql_fails "a request that is not an array" "$(replace '{}')" 22023
sql_fails "NULL, as jsonb_agg() says of no rows, does not stand for the empty set" \
    "SELECT dynmod.replace_modules('here', 'one', NULL)" 22004
sql_fails "a module without a definition" "$(replace '[{"type":"panels"}]')" 23502
sql "UPDATE dynmod.site SET module_limit = 4"
sql_fails "MD002 speaks of those that stay and those that are new" \
    "$(replace "$(modules panels:a items:b items:e items:f items:g)")" MD002 \
    '{"limit" : 4, "present" : 2, "added" : 3}'
sql "UPDATE dynmod.site SET module_limit = 100, byte_limit = 70"
sql_fails "MD011 as well" "$(replace "$(weighted panels:a items:b:1 "items:$(printf 'e%.0s' {1..40})")")" MD011 \
    '{"limit" : 70, "present" : 37, "added" : 51}'
sql "UPDATE dynmod.site SET byte_limit = DEFAULT, module_byte_limit = 25"
sql_fails "MD012: a module that grows too large" "$(replace "$(weighted panels:a:1000000)")" MD012 \
    '{"limit" : 25, "key" : "a", "bytes" : 31}'
sql "UPDATE dynmod.site SET module_byte_limit = DEFAULT"
is "after each refusal everything is as before" "$(sql "$everything")" "$before"
sql_is "another module of the type that an app may have once takes the place of the first" \
    "$(replace "$(modules config:e)")" "{e}|{}|{a,d,b}|{}"
sql "UPDATE dynmod.site SET module_limit = 2"
sql_is "a set that is full is exchanged for another one" "$(replace "$(modules panels:x panels:y)")
     ;$(replace "$(modules items:x items:z)")" "{x,y}|{}|{e}|{}
{x,z}|{}|{x,y}|{}"
sql "UPDATE dynmod.site SET module_limit = 1"
sql_is "what is there beyond a lower limit may stay and change" "$(replace "$(weighted items:z items:x:2)")" \
    "{}|{x}|{}|{z}"
sql_fails "but nothing comes to it" "$(replace "$(modules items:z items:y)")" MD002 \
    '{"limit" : 1, "present" : 1, "added" : 1}'
sql "UPDATE dynmod.site SET module_limit = DEFAULT; SELECT dynmod.set_type_dynamic('items', false)" >/dev/null
sql_is "modules of a type that is denied by now may stay, and change" \
    "$(replace "$(weighted items:x:3 items:z)")" "{}|{x}|{}|{z}"
sql_fails "but no other" "$(replace "$(modules items:x items:new)")" MD003 '["items"]'
sql "SELECT dynmod.set_type_dynamic('items', NULL)" >/dev/null

# ---- one at a time ----
for state in disabled uninstalled; do
    sql "UPDATE dynmod.app SET state = '$state' WHERE id = $app_one"
    sql_fails "MD005: the modules of a $state app are not replaced" "$(replace '[]')" MD005
done
sql "UPDATE dynmod.app SET state = 'enabled' WHERE id = $app_one"
sql_fails "MD005: nor those of an app that is not there" "SELECT dynmod.replace_modules('here', 'none', '[]')" MD005
session_open holder
session holder "BEGIN; SELECT FROM dynmod.app WHERE id = $app_one FOR UPDATE" >/dev/null
sql_fails "a set waits for another writer 2 s at most" "$(replace '[]')" 55P03
session holder "ROLLBACK" >/dev/null

# ---- under a condition ----
sql "$(replace "$(modules panels:a)")" >/dev/null
now=$(revision)
declare -A arguments=([register]=$(modules panels:a2) [remove]="'{a}'" [replace]=$(modules panels:a2))
declare -A wrong=([register]=$(modules nope:x nope:x) [remove]=NULL [replace]=$(modules nope:x nope:x))
for statement in register remove replace; do
    before=$(sql "$everything")
    for expected in "'{1}'" "'{}'" "'{0}'" "'{NULL}'" "'{0,1}'"; do
        sql_fails "MD015: $statement expects $expected" "$($statement "${arguments[$statement]}" "$expected")" MD015 \
            "{\"revision\" : $now}"
    done
    is "$statement has changed nothing" "$(sql "$everything")" "$before"
    sql_fails "the condition of $statement comes before all rules" \
        "$($statement "${wrong[$statement]}" "'{2}'")" MD015
done
sql_is "one of several revisions will do" "$(register "$(modules panels:b)" "'{1,$now}'")" 1
sql_fails "which then is a former one" "$(remove "'{b}'" "'{$now}'")" MD015
sql_is "the new one will do" "$(remove NULL "'{$(revision)}'")" 2
sql_is "0 expects an app without dynamic modules" "$(replace "$(modules panels:n)" "'{0}'")" "{n}|{}|{}|{}"
sql_fails "which it is no more" "$(replace "$(modules panels:n)" "'{0}'")" MD015
now=$(revision)
session holder "BEGIN" >/dev/null
is "of two writers with the same condition" "$(session holder "$(register "$(modules panels:first)" "'{$now}'")")" 1
session_open second
printf '%s;\n\\echo end of answer\n' "$(replace "$(modules panels:second)" "'{$now}'")" >&"${session_in[second]}"
ok "the second waits for the first" sql_await \
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%second%'
         AND pid <> pg_backend_pid()" 1
session holder "COMMIT" >/dev/null
like "and is refused" "$(session second 'SELECT 1')" 'MD015'
is "so that nothing of it is there" "$(document)" '{"panels":[{"key": "n"},{"key": "first"}]}'
session_close second

# ---- on trial ----
sql "$(replace "$(weighted panels:a config:d items:b:1)")" >/dev/null
before=$(sql "$everything")
sql_is "a trial answers as the real thing" "$(register "$(modules panels:t items:u)" NULL true)
     ;$(remove "'{a,b,zzz}'" NULL true)
     ;$(remove NULL NULL true)
     ;$(replace "$(weighted items:a items:b:2 config:d panels:z)" NULL true)" "2
2
3
{a,z}|{b}|{a}|{d}"
sql_is "with the present revision" \
    "SELECT DISTINCT tried.revision = app.revision
         FROM dynmod.app, dynmod.replace_modules('here', 'one', '[]', NULL, true) AS tried
         UNION ALL SELECT tried.revision = app.revision
         FROM dynmod.app, dynmod.register_modules('here', 'one', '$(modules panels:t)', NULL, true) AS tried
         UNION ALL SELECT tried.revision = app.revision
         FROM dynmod.app, dynmod.remove_modules('here', 'one', NULL, NULL, true) AS tried" "t
t
t"
sql_fails "a trial is refused as the real thing: keys" "$(register "$(modules panels:a)" NULL true)" MD001 '["a"]'
sql_fails "types" "$(replace "$(modules nope:x)" NULL true)" MD003 '["nope"]'
sql_fails "single objects" "$(register "$(modules config:x)" NULL true)" MD004 '["config"]'
sql_fails "conditions" "$(remove NULL "'{1}'" true)" MD015
sql "UPDATE dynmod.site SET module_limit = 3"
sql_fails "limits" "$(register "$(modules panels:t)" NULL true)" MD002 '{"limit" : 3, "present" : 3, "added" : 1}'
sql "UPDATE dynmod.site SET module_limit = DEFAULT"
is "and leaves nothing behind" "$(sql "$everything")" "$before"
sql_is "also in a transaction that goes on" "BEGIN; $(replace '[]' NULL true);
     $(register "$(modules panels:real)"); COMMIT" "{}|{}|{a,d,b}|{}
1"
sql_is "the order then" "$places WHERE origin = 'dynamic'" "a d b real"

# ---- as ever ----
given=$(sql "SELECT * FROM dynmod.register_modules('here', 'one', '$(modules panels:o panels:p)')")
is "the functions of older programs register" "$given" "one|$(revision)|2"
given=$(sql "SELECT * FROM dynmod.remove_modules('here', 'one', '{o,none}')")
is "and remove without conditions" "$given" "one|$(revision)|1"
sql_fails "with the same errors" "SELECT dynmod.register_modules('here', 'one', '$(modules items:p items:a items:q)')" \
    MD001 '["p","a"]'
tap_end
