#!/bin/bash
# The set of modules at each moment of the past, found backwards from what is there, and brought
# back.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

moments=() sets=() steps=()
present() { # present APP: its dynamic modules in order
    sql "SELECT concat_ws(' ', type_name, definition) FROM dynmod.module JOIN dynmod.app ON app.id = app_id
             WHERE app_key = '$1' AND origin = 'dynamic' ORDER BY module.id"
}
at() { # at MOMENT [APP]: the same as they were then
    sql "SELECT concat_ws(' ', type_name, COALESCE(definition::text, module_key || ' dropped'))
             FROM dynmod.modules_at('here', '${2-one}', '$1')"
}
now() {
    sql "SELECT clock_timestamp()"
}
note() { # note NAME: keeps what the app "one" has at this moment
    steps+=("$1") moments+=("$(now)") sets+=("$(present one)")
}
step() { # step NAME STATEMENTS: runs them and notes what came of it
    sql "$2" >/dev/null || report "$1" "$(sql "$2" || true)"
    note "$1"
}
remembered() { # remembered [FIRST]: each set noted so far, or from this one on, is found at its moment
    local i
    for ((i = ${1-0}; i < ${#steps[@]}; i++)); do
        is "as it was: ${steps[i]}" "$(at "${moments[i]}")" "${sets[i]}"
    done
}
register() { # register APP TYPE:KEY...: the statement that registers them
    echo "SELECT FROM dynmod.register_modules('here', '$1', '$(modules "${@:2}")')"
}
of_one="app_id = (SELECT id FROM dynmod.app WHERE app_key = 'one')"

# ---- all kinds of changes ----
note "nothing"
step "registered" "$(register one panels:a items:b panels:c)"
step "more" "$(register one config:d items:e)"
step "one updated" "UPDATE dynmod.module SET definition = definition || '{\"x\":1}' WHERE module_key = 'b'"
step "all updated" "UPDATE dynmod.module SET definition = definition || '{\"y\":[2]}'"
step "all updated again" "UPDATE dynmod.module SET definition = definition || '{\"y\":[3]}'"
step "updated to what it was" "UPDATE dynmod.module SET definition = definition"
step "one removed" "SELECT FROM dynmod.remove_modules('here', 'one', '{a}')"
step "and back, last" "$(register one items:a)"
step "another key" "UPDATE dynmod.module SET definition = definition || '{\"key\":\"renamed\"}' WHERE module_key = 'c'"
step "the key taken by another one" "$(register one items:c)"
step "two keys exchanged" "UPDATE dynmod.module SET definition = definition || '{\"key\":\"swap\"}' WHERE module_key = 'b';
     UPDATE dynmod.module SET definition = definition || '{\"key\":\"b\"}' WHERE module_key = 'c';
     UPDATE dynmod.module SET definition = definition || '{\"key\":\"c\"}' WHERE module_key = 'swap'"
step "another type" "UPDATE dynmod.module SET type_name = 'hooks' WHERE module_key = 'e'"
step "another type, key and definition" "UPDATE dynmod.module SET type_name = 'panels',
         definition = '{\"key\":\"all-new\",\"z\":0}' WHERE module_key = 'e'"
step "to the end" "UPDATE dynmod.module SET id = DEFAULT WHERE module_key = 'renamed'"
step "modules of the descriptor" "INSERT INTO dynmod.module (app_id, type_name, origin, definition)
         VALUES ($app_one, 'pages', 'descriptor', '{\"key\":\"page\"}'),
                ($app_one, 'hooks', 'descriptor', '{\"event\":\"e\"}')"
step "a dynamic one becomes the descriptor's" "UPDATE dynmod.module SET origin = 'descriptor' WHERE module_key = 'a'"
step "and dynamic again" "UPDATE dynmod.module SET origin = 'dynamic' WHERE module_key = 'a'"
step "a set replaced" "SELECT FROM dynmod.replace_modules('here', 'one', '$(modules items:new panels:b items:b2 config:d)')"
step "moved to another app" "$(register one items:here); $(sql_app two >/dev/null)
     UPDATE dynmod.module SET app_id = (SELECT id FROM dynmod.app WHERE app_key = 'two') WHERE module_key = 'here'"
step "and back" "UPDATE dynmod.module SET $of_one WHERE module_key = 'here'"
step "moved with all others" "UPDATE dynmod.module SET app_id = (SELECT id FROM dynmod.app WHERE app_key = 'two')"
step "and all back" "UPDATE dynmod.module SET $of_one"
step "in one transaction" "BEGIN; SELECT FROM dynmod.remove_modules('here', 'one', '{new}'); $(register one panels:p1);
     SELECT pg_sleep(0.01); UPDATE dynmod.module SET definition = definition || '{\"t\":1}' WHERE module_key = 'p1';
     DELETE FROM dynmod.module WHERE module_key = 'b2'; $(register one panels:p2); COMMIT"
step "emptied" "TRUNCATE dynmod.module"
step "some" "$(register one items:i panels:j config:d)"
remembered

# ---- transactions ----
event=$(sql "SELECT max(id) FROM dynmod.module_event WHERE module_key = 'p1' AND operation = 'insert'")
inside=$(sql "SELECT happened_at FROM dynmod.module_event WHERE id = $event")
for ((i = 0; i < ${#steps[@]}; i++)); do
    [ "${steps[i]}" != 'in one transaction' ] || break
done
is "a moment within a transaction sees all of it" "$(at "$inside")" "${sets[i]}"
is "but none before it" "$(at "$(sql "SELECT min(happened_at) - interval '1 us' FROM dynmod.module_event
    WHERE id <= $event AND happened_at > '${moments[i - 1]}'")")" "${sets[i - 1]}"
after=$(sql "SELECT dynmod.moment_after('here', 'one', $event)")
is "the moment after an event is that after its transaction" "$(at "$after")" "${sets[i]}"
sql_is "which is the time of its last event" "SELECT max(happened_at) = '$after' FROM dynmod.module_event
    WHERE id >= $event AND happened_at < '${moments[i]}'" t
sql_fails "an event of another app has none" "SELECT dynmod.moment_after('here', 'two', $event)" P0002
is "a later moment than now has what is there" "$(at 'infinity')" "$(present one)"
is "an early one nothing" "$(at '2001-01-01')" ""
sql_fails "an app that never was" "SELECT FROM dynmod.modules_at('here', 'none', now())" P0002
sql_fails "a site that is not there" "SELECT FROM dynmod.modules_at('nowhere', 'one', now())" P0002

# ---- the life of the app ----
first=${#steps[@]}
step "disabled" "SELECT dynmod.set_app_state('here', 'one', 'disabled')"
step "uninstalled" "SELECT dynmod.set_app_state('here', 'one', 'uninstalled')"
descriptor() { # descriptor KEY...: with pages of these keys
    local pages
    pages=$(printf ',{"key":"%s"}' "$@")
    echo "{\"key\":\"one\",\"baseUrl\":\"http://one\",\"modules\":{\"pages\":[${pages#,}]}}"
}
step "installed again" "SELECT dynmod.install_app('here', '$(descriptor page)')"
step "upgraded with a clash" "SELECT dynmod.install_app('here', '$(descriptor page i)')"
step "more modules" "$(register one items:after-clash items:k)"
step "the descriptor leaves the key, and the app takes it" "SELECT dynmod.install_app('here', '$(descriptor page)'); $(register one items:i)"
sql "UPDATE dynmod.site SET on_clash = 'remove_clashing'"
step "upgraded with a smaller clash" "SELECT dynmod.install_app('here', '$(descriptor k)')"
step "removed" "SELECT dynmod.remove_app('here', 'one')"
sql_app one >/dev/null
note "another app of this key"
step "with other modules" "$(register one panels:a panels:z)"
remembered
count=${#steps[@]}
sql "UPDATE dynmod.app SET app_key = 'other' WHERE app_key = 'one'"
sql_fails "what it had under another key is not known" "SELECT dynmod.modules_at('here', 'other', '${moments[count - 1]}')" MD017
is "but what it has had since then" "$(at "$(now)" other)" "$(present other)"
sql "UPDATE dynmod.app SET app_key = 'one' WHERE app_key = 'other'"
like "the moment from which on it is comes with the error" \
    "$(sql "SELECT dynmod.modules_at('here', 'one', '${moments[count - 1]}')" || true)" \
    '^DETAIL:  \{"begins" : "20[0-9T:.+-]+"\}$'
sql "UPDATE dynmod.site SET name = 'there'; UPDATE dynmod.site SET name = 'here'"
sql_fails "nor what its site had under another name" "SELECT dynmod.modules_at('here', 'two', '${moments[0]}')" MD017
note "renamed and back"

# ---- restoring ----
first=$((count))
count_events() { # count_events OPERATION: of the app "one"
    sql "SELECT count(*) FROM dynmod.app_event WHERE app_key = 'one' AND operation = '$1'"
}
restore() { # restore MOMENT [DRY_RUN]: the statement
    echo "SELECT added, updated, removed, unchanged FROM dynmod.restore_modules('here', 'one', '$1'${2+, $2})"
}
step "a good set" "SELECT FROM dynmod.replace_modules('here', 'one', '$(modules panels:a items:b config:d)')"
good=${moments[-1]} good_set=${sets[-1]}
step "changed" "UPDATE dynmod.module SET definition = definition || '{\"bad\":true}' WHERE module_key = 'a';
     SELECT FROM dynmod.remove_modules('here', 'one', '{b}'); $(register one panels:worse items:d2)"
before=$(sql "SELECT * FROM dynmod.app; SELECT * FROM dynmod.module ORDER BY id; SELECT count(*) FROM dynmod.history")
sql_is "a trial says what would be undone" "$(restore "$good" true)" "{b}|{a}|{worse,d2}|{d}"
is "and undoes nothing" "$(sql "SELECT * FROM dynmod.app; SELECT * FROM dynmod.module ORDER BY id;
    SELECT count(*) FROM dynmod.history")" "$before"
sql_is "a set is brought back" "SET dynmod.actor = 'alice'; SET dynmod.reason = 'a bad day'; $(restore "$good")" \
    "{b}|{a}|{worse,d2}|{d}"
note "restored"
is "with all that it had" "$(sort <<<"${sets[-1]}")" "$(sort <<<"$good_set")"
sql_is "the history says so" \
    "SELECT kind, operation, actor, reason, (detail ->> 'at')::timestamptz = '$good', detail - 'at' FROM dynmod.history
         WHERE kind = 'app' ORDER BY happened_at DESC LIMIT 1" \
    'app|restore|alice|a bad day|t|{"added": ["b"], "removed": ["worse", "d2"], "updated": ["a"]}'
sql_is "as a set that is restored already is no event" "$(restore "$good")" "{}|{}|{}|{a,b,d}"
is "there is one" "$(count_events restore)" 1
sql_is "what was undone is done again" "$(restore "${moments[-2]}")" "{worse,d2}|{a}|{b}|{d}"
note "undone"
sql "SELECT dynmod.set_app_state('here', 'one', 'disabled')" >/dev/null
sql_is "also of an app that is disabled" "$(restore "$good")" "{b}|{a}|{worse,d2}|{d}"
note "restored while disabled"
sql "SELECT dynmod.set_app_state('here', 'one', 'enabled')" >/dev/null
remembered "$first"
sql_fails "NULL is no moment, such as that of an event that is not there" \
    "SELECT dynmod.restore_modules('here', 'one', (SELECT happened_at FROM dynmod.module_event WHERE id = 0))" 22004
sql_fails "an app that is not there has nothing restored" "SELECT dynmod.restore_modules('here', 'none', now())" P0002

# ---- what can no longer be ----
sql "SELECT FROM dynmod.replace_modules('here', 'one', '$(modules config:d)')"
unchanged=$(present one)
sql "SELECT dynmod.set_type_dynamic('items', false)" >/dev/null
sql_fails "a type that is denied by now is named" "$(restore "$good")" MD003 '["items"]'
sql "SELECT dynmod.set_type_dynamic('items', NULL);
     INSERT INTO dynmod.module (app_id, type_name, origin, definition)
         SELECT id, 'pages', 'descriptor', '{\"key\":\"b\"}' FROM dynmod.app WHERE app_key = 'one'" >/dev/null
sql_fails "a key that the descriptor has by now" "$(restore "$good")" MD001 '["b"]'
sql "DELETE FROM dynmod.module WHERE module_key = 'b'; UPDATE dynmod.site SET module_limit = 2"
sql_fails "a limit" "$(restore "$good" true)" MD002 '{"limit" : 2, "present" : 1, "added" : 2}'
sql "UPDATE dynmod.site SET module_limit = DEFAULT"
is "nothing was changed by all that" "$(present one)" "$unchanged"
sql "UPDATE dynmod.site SET history_byte_limit = 1000"
step "much" "$(register one items:q1 items:q2 items:q3 items:q4)"
is "definitions that had to make room are missing" "$(at "$good" | sed -n 's/ dropped$//p' | xargs)" "panels a items b"
sql_fails "and named" "$(restore "$good")" MD016 '["a", "b"]'
sql "UPDATE dynmod.site SET history_byte_limit = DEFAULT"
is "what is there does not need them" "$(at "${moments[-1]}")" "${sets[-1]}"

# ---- pruning ----
step "before pruning" "SELECT FROM dynmod.replace_modules('here', 'one', '$(modules panels:old items:changed items:gone)')"
step "after pruning" "SELECT 1"
limit=${moments[-1]}
first=$((${#steps[@]} - 1))
step "updated" "UPDATE dynmod.module SET definition = definition || '{\"v\":2}' WHERE module_key = 'changed'"
step "removed" "SELECT FROM dynmod.remove_modules('here', 'one', '{gone}')"
step "registered later" "$(register one items:gone items:young)"
sql "ALTER TABLE dynmod.module_change DISABLE TRIGGER module_event_refuse_update;
     UPDATE dynmod.module_change SET happened_at = happened_at - interval '10 days' WHERE happened_at < '$limit';
     UPDATE dynmod.event_definition SET used_at = used_at - interval '10 days' WHERE used_at < '$limit';
     ALTER TABLE dynmod.module_change ENABLE TRIGGER module_event_refuse_update;
     UPDATE dynmod.history_start SET begins_at = begins_at - interval '10 days'"
while [ "$(sql "SELECT dynmod.prune_history('here', 5, 7)")" -gt 0 ]; do :; done
sql_is "only the events since then are left" "SELECT string_agg(module_key, ' ' ORDER BY id) FROM dynmod.module_event" \
    "changed gone gone young"
remembered "$first"
pruned=$(sql "SELECT begins_at FROM dynmod.history_start
    WHERE site_name = 'here' AND app_key = 'one'")
sql_is "the history begins at the last event that was pruned" "SELECT '$pruned' BETWEEN
    '${moments[first - 2]}'::timestamptz - interval '10 days' AND '$limit'::timestamptz - interval '10 days'" t
is "from when on the set is known" "$(at "$pruned")" "${sets[first]}"
sql_fails "but not before" "SELECT dynmod.modules_at('here', 'one', '$pruned'::timestamptz - interval '1 us')" MD017
sql_fails "nor restored" "$(restore "-infinity")" MD017
sql_app untouched >/dev/null
is "an app of which nothing was pruned had none" "$(at '2001-01-01' untouched)" ""

# A definition that comes back while it is being pruned was once lost.
sql_app returning >/dev/null
sql "$(register returning items:back)"
sql "SELECT FROM dynmod.remove_modules('here', 'returning', NULL)" >/dev/null
sql "ALTER TABLE dynmod.module_change DISABLE TRIGGER module_event_refuse_update;
     UPDATE dynmod.module_change SET happened_at = '2001-01-01' WHERE app_key = 'returning';
     ALTER TABLE dynmod.module_change ENABLE TRIGGER module_event_refuse_update;
     UPDATE dynmod.event_definition SET used_at = '2001-01-01' WHERE app_key = 'returning'"
sql_is "events are pruned first" "SELECT dynmod.prune_history('here', 5, 100)" 2
session_open writer
session writer "BEGIN; $(register returning items:back)"
sql_is "a definition that is being written again is not" \
    "SET statement_timeout = '5s'; SELECT dynmod.prune_history('here', 5, 100)" 0
session writer COMMIT
session_close writer
sql_is "and is there with its event" \
    "SELECT definition FROM dynmod.module_event WHERE app_key = 'returning'" '{"key": "back"}'

# ---- the app's own history ----
sql_is "an app sees its events, newest first, so many at most" \
    "SELECT operation, actor, origin, type_name, module_key, definition FROM dynmod.app_history('here', 'one', NULL, 3)" \
    'insert|postgres|dynamic|items|young|{"key": "young"}
insert|postgres|dynamic|items|gone|{"key": "gone"}
delete|postgres|dynamic|items|gone|{"key": "gone"}'
sql_is "and those before one" "SELECT page.operation, page.module_key FROM dynmod.app_history('here', 'one', (
    SELECT min(id) FROM dynmod.app_history('here', 'one', NULL, 3)), 3) AS page" "update|changed"
sql_is "of another app none" "SELECT count(*) FROM dynmod.app_history('here', 'untouched', NULL, 10)" 0

# ---- what an app of this key had before ----
before_removal=$(sql "SELECT clock_timestamp()")
sql_is "the app sees what it had" \
    "SELECT count(*) FROM dynmod.own_modules_at('here', 'one', '$before_removal')" "$(present one | wc -l)"
sql "SELECT dynmod.remove_app('here', 'one')" >/dev/null
sql_app one >/dev/null
sql "$(register one items:mine)"
sql_is "another app of its key sees its own events only" \
    "SELECT module_key FROM dynmod.app_history('here', 'one', NULL, 100)" mine
sql_is "and no former set" "SELECT count(*) FROM dynmod.own_modules_at('here', 'one', '$before_removal')" 0
sql_is "but its own" "SELECT module_key FROM dynmod.own_modules_at('here', 'one', now())" mine
ok "which operators find" test -n "$(at "$before_removal")"
sql_fails "an app that is not there sees nothing" "SELECT FROM dynmod.own_modules_at('here', 'none', now())" P0002

# ---- a long history ----
# The modules that had come and gone were once compared with each one that is there.
sql_app busy >/dev/null
sql "UPDATE dynmod.site SET module_limit = 1000"
sql "INSERT INTO dynmod.module (app_id, type_name, origin, definition)
         SELECT app.id, 'items', 'dynamic', jsonb_build_object('key', 'm' || number)
             FROM dynmod.app CROSS JOIN generate_series(1, 900) AS number WHERE app_key = 'busy'"
full=$(sql "SELECT clock_timestamp()")
sql "INSERT INTO dynmod.module_change (operation, site_name, app_key, type_name, origin, module_key, module_id)
         SELECT CASE WHEN number % 2 = 0 THEN 'insert' ELSE 'delete' END, 'here', 'busy', 'items', 'dynamic', 'x',
                10000000 + number / 2 FROM generate_series(2, 60001) AS number"
sql_is "does not take long" \
    "SET statement_timeout = '5s'; SELECT count(*) FROM dynmod.own_modules_at('here', 'busy', '$full')" 900
session_open other
session other "BEGIN; SELECT FROM dynmod.own_modules_at('here', 'busy', '$full')" >/dev/null
sql_fails "one app walks through it once at a time" \
    "SELECT FROM dynmod.own_modules_at('here', 'busy', '$full')" MD013
sql_is "while it sees what is not so long ago" \
    "SELECT count(*) FROM dynmod.own_modules_at('here', 'busy', now())" 900
sql_is "and an operator all" "SELECT count(*) FROM dynmod.modules_at('here', 'busy', '$full')" 900
session_close other
# A plan for any app once read the events of all for an app that has few.
plans=$(sql "ANALYZE dynmod.module_change; LOAD 'auto_explain'; SET plan_cache_mode = force_generic_plan;
    SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
    SET client_min_messages = log;
    SELECT count(*) FROM dynmod.own_modules_at('here', 'one', now());
    SELECT count(*) FROM dynmod.app_history('here', 'one', NULL, 100);
    SELECT dynmod.moment_after('here', 'one', max(id)) FROM dynmod.app_history('here', 'one', NULL, 1)")
like "the events of an app are found by its key" "$plans" 'Index .*using module_event_app_index'
is "and those of others are not read" "$(grep -A2 'Scan Backward using module_event_pkey' <<<"$plans")" ""

# ---- a history from before modules had their number recorded ----
session_close sql
unset 'session_in[sql]'
sql_tree_up_to "$SQL_TREE" 19 "$postgres_directory/up-to-19"
cp -R "$SQL_TREE/module_types" "$postgres_directory/up-to-19"
sql "CREATE DATABASE upgraded"
export PGDATABASE=upgraded
"$postgres_directory/up-to-19/migrate.sh" '' >/dev/null
sql "INSERT INTO dynmod.site (name, base_url) VALUES ('here', 'http://localhost')"
sql_app one >/dev/null
moments=() sets=() steps=()
step "registered long ago" "$(register one panels:a items:b panels:c items:gone config:d)"
step "updated long ago" "UPDATE dynmod.module SET definition = definition || '{\"x\":1}' WHERE module_key IN ('a', 'b')"
step "updated twice" "UPDATE dynmod.module SET definition = definition || '{\"x\":2}' WHERE module_key IN ('a', 'b')"
step "removed long ago" "SELECT FROM dynmod.remove_modules('here', 'one', '{gone,c}')"
step "added long ago" "$(register one panels:c panels:e)"
step "removed and added" "SELECT FROM dynmod.remove_modules('here', 'one', '{a}'); $(register one items:a)"
step "another type long ago" "UPDATE dynmod.module SET type_name = 'hooks' WHERE module_key = 'e'"
"$SQL_TREE/migrate.sh" '' >/dev/null
note "upgraded"
step "updated since" "UPDATE dynmod.module SET definition = definition || '{\"x\":3}' WHERE module_key IN ('a', 'b', 'c')"
step "renamed since" "UPDATE dynmod.module SET definition = definition || '{\"key\":\"b2\"}' WHERE module_key = 'b'"
step "its key taken" "$(register one panels:b)"
step "removed since" "SELECT FROM dynmod.remove_modules('here', 'one', '{c,d}')"
remembered
sql_fails "what was before is not known" "SELECT dynmod.modules_at('here', 'one', '2001-01-01')" MD017
sql_is "a set from before is restored" "SELECT added, updated, removed, unchanged
    FROM dynmod.restore_modules('here', 'one', '${moments[2]}')" "{a,b,c,gone,d}|{}|{b2,e,a,b}|{}"
is "in its order" "$(present one)" "${sets[2]}"
tap_end
