#!/bin/bash
# Tasks and calls: an installation that fails leaves what was there before, one task at a time for
# each app, calls in order, tried again later, given up in the end.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

descriptor() { # descriptor KEY MODULES [MEMBERS]: a descriptor as SQL text
    echo "'{\"key\":\"$1\",\"baseUrl\":\"http://localhost/$1\",\"modules\":{$2},
        \"lifecycle\":{\"installed\":\"/i\",\"enabled\":\"/e\",\"disabled\":\"/d\",\"uninstalled\":\"/u\"}${3-}}'"
}
task() { # task: creates one and prints its id
    sql "SELECT dynmod.create_task('here', 'http://localhost/descriptor', 30)"
}
begin() { # begin TASK KEY MODULES [MEMBERS]: the statement that begins an installation
    echo "SELECT dynmod.begin_installation('here', '$1', $(descriptor "${@:2}"), NULL, 30)"
}
finish() { # finish TASK: the installation has succeeded
    sql "SELECT dynmod.end_installation('here', '$1', NULL, true)" >/dev/null
}
undo() { # undo TASK: the installation has failed
    sql "SELECT dynmod.end_installation('here', '$1', 'the app answered 500', true)" >/dev/null
}
dump() { # dump KEY: all that a failed installation must leave as it was
    sql "SELECT app_key, name, base_url, descriptor, scopes, state, document,
                installation_id
             FROM dynmod.app WHERE app_key = '$1';
         SELECT use, secret FROM dynmod.app_secret JOIN dynmod.app ON app.id = app_id
             WHERE app_key = '$1' ORDER BY use;
         SELECT module.id, type_name, origin, definition, registered_at
             FROM dynmod.module JOIN dynmod.app ON app.id = app_id
             WHERE app_key = '$1' ORDER BY module.id;
         SELECT event, attempts FROM dynmod.waiting_callback WHERE app_key = '$1' ORDER BY id"
}
waiting() { # waiting KEY: the calls that it is still to get
    sql "SELECT string_agg(event, ' ' ORDER BY id) FROM dynmod.waiting_callback WHERE app_key = '$1'"
}
history() { # history KEY: its operations, in order
    sql "SELECT string_agg(operation, ' ' ORDER BY id) FROM dynmod.app_event WHERE app_key = '$1'"
}
claim() { # claim KEY: the event of the call that is due
    sql "SELECT dynmod.claim_callback('here', '$1', 30) ->> 'event'"
}
conclude() { # conclude KEY [ERROR]: notes how the first call of the app went
    sql "SELECT dynmod.finish_callback('here', (SELECT min(id) FROM dynmod.waiting_callback
             WHERE app_key = '$1'), '{\"status\": 500${2+, \"error\": \"$2\"}}')"
}

# ---- a new app ----
task=$(task)
answer=$(sql "$(begin "$task" new '"panels":[{"key":"a"}]')")
sql_is "the answer is that of install_app, with what a call needs" \
    "SELECT concat_ws(' ', answer ->> 'action', answer -> 'app' ->> 'baseUrl',
         answer -> 'app' -> 'lifecycle' ->> 'installed',
         answer ->> 'sharedSecret' = answer -> 'app' ->> 'sharedSecret')
     FROM (SELECT '$answer'::jsonb AS answer) AS given" "installed http://localhost/new /i t"
sql_is "its secret counts at once" \
    "SELECT state, shared_secret = '$answer'::jsonb ->> 'sharedSecret'
         FROM dynmod.find_app('here', 'new')" "enabled|t"
undo "$task"
is "a failure leaves no app" "$(dump new)" ""
is "but its history" "$(history new)" "install delete"
sql_is "which says why" \
    "SELECT reason FROM dynmod.app_event WHERE app_key = 'new' AND operation = 'delete'" \
    "installation failed: the app answered 500"
sql_is "and the task says so, without the former state" \
    "SELECT stage, error, former IS NULL FROM dynmod.task WHERE id = '$task'" \
    "failed|the app answered 500|t"
sql_fails "a task ends once" \
    "SELECT dynmod.end_installation('here', '$task', NULL, true)" MD009
sql_fails "and goes on no more" \
    "SELECT dynmod.advance_task('here', '$task', 'downloading', 10)" MD009

task=$(task)
sql "$(begin "$task" app '"panels":[{"key":"a"}]')" >/dev/null
finish "$task"
is "a success is followed by a call" "$(waiting app)" enabled
is "which is due" "$(claim app)" enabled
is "and is made by one process only" "$(claim app)" ""
is "a call that went well waits no more" "$(conclude app) $(waiting app)" "f "
is "the history tells both" "$(history app)" "install call"

# ---- upgrades ----
sql "SELECT dynmod.register_modules('here', 'app', '$(modules panels:b items:c panels:d)')" >/dev/null
before=$(dump app)
task=$(task)
answer=$(sql "$(begin "$task" app '"panels":[{"key":"c"}]' ',"name":"Other"')")
sql_is "a clash is answered" \
    "SELECT string_agg(dropped ->> 'key', ' ')
     FROM jsonb_array_elements('$answer'::jsonb -> 'dropped') AS dropped" "b c d"
sql "SELECT dynmod.register_modules('here', 'app', '$(modules panels:during)')" >/dev/null
undo "$task"
is "a failed upgrade leaves state, secret, descriptor and modules as they were" "$(dump app)" "$before"

sql "SELECT dynmod.set_app_state('here', 'app', 'uninstalled', true)" >/dev/null
is "an app that was enabled is told both" "$(waiting app)" "disabled uninstalled"
before=$(dump app)
task=$(task)
sql "$(begin "$task" app '')" >/dev/null
sql_is "while it is installed nothing that waited is sent" \
    "SELECT dynmod.claim_callback('here', 'app', 30) IS NULL" t
undo "$task"
is "a failed reinstallation leaves it uninstalled, with the old secret" "$(dump app)" "$before"
task=$(task)
sql "$(begin "$task" app '')" >/dev/null
finish "$task"
is "after a reinstallation the calls that waited are obsolete" "$(waiting app)" enabled
sql_is "and the history says so" \
    "SELECT string_agg(detail ->> 'event', ' ' ORDER BY id) FROM dynmod.app_event
     WHERE app_key = 'app' AND detail ->> 'error' LIKE 'not sent%'" "disabled uninstalled"
sql_is "its dynamic modules are back" \
    "SELECT string_agg(module_key, ' ' ORDER BY id) FROM dynmod.live_module
     WHERE app_key = 'app'" "b c d"

sql "SELECT dynmod.set_app_state('here', 'app', 'uninstalled', true);
     SELECT dynmod.install_app('here', $(descriptor app ''))" >/dev/null
is "also after one without a call" "$(waiting app)" ""

# ---- one at a time ----
task=$(task)
sql "$(begin "$task" app '')" >/dev/null
second=$(task)
sql_fails "a second task waits" "$(begin "$second" app '')" MD007
sql_fails "so does install_app" "SELECT dynmod.install_app('here', $(descriptor app ''))" MD007
sql_fails "a change of state" "SELECT dynmod.set_app_state('here', 'app', 'disabled')" MD007
sql_fails "psql" "UPDATE dynmod.app SET state = 'disabled' WHERE app_key = 'app'" MD007
sql_fails "also when it deletes" "DELETE FROM dynmod.app WHERE app_key = 'app'" MD007
sql "UPDATE dynmod.app SET name = 'x' WHERE app_key = 'one'"
sql "UPDATE dynmod.task SET deadline = now() WHERE id = '$task'"
sql_is "a task whose process has died fails when somebody looks" \
    "SELECT answer ->> 'stage', answer ->> 'error'
     FROM dynmod.find_task('here', '$task') AS answer" \
    "failed|The installation was interrupted. Please try again."
sql "UPDATE dynmod.task SET deadline = now(), actor = 'the dead' WHERE id = '$second';
     SELECT dynmod.set_app_state('here', 'app', 'disabled', false);
     SELECT dynmod.set_app_state('here', 'app', 'enabled', false)" >/dev/null
sql_is "and is not blamed for what others do" \
    "SELECT count(*) FROM dynmod.app_event WHERE actor = 'the dead'" 0
second=$(task)
sql "$(begin "$second" app '')" >/dev/null
sql_fails "its late end changes nothing" \
    "SELECT dynmod.end_installation('here', '$task', NULL, true)" MD009
finish "$second"
is "a process that calls an app" "$(claim app)" enabled
third=$(task)
sql_fails "keeps others from installing it" "$(begin "$third" app '')" MD007
is "until it is done" "$(conclude app)" f
sql "$(begin "$third" app '')" >/dev/null
finish "$third"
is "and is called again" "$(claim app)$(conclude app)" enabledf

# ---- an app that cannot be restored ----
sql "SELECT dynmod.install_app('here', $(descriptor stuck '"panels":[{"key":"s"}]'));
     SELECT dynmod.register_modules('here', 'stuck', '$(modules items:t)')" >/dev/null
before=$(dump stuck)
task=$(task)
sql "$(begin "$task" stuck '"panels":[{"key":"t"}]')" >/dev/null
sql "UPDATE dynmod.module_type SET dynamic_override = false WHERE name = 'items';
     UPDATE dynmod.task SET deadline = now() WHERE id = '$task'"
like "does not stop others" "$(task)" '^[0-9a-f-]{36}$'
sql_is "and is left as it is" \
    "SELECT dynmod.find_task('here', '$task') ->> 'stage'" installing
sql "UPDATE dynmod.module_type SET dynamic_override = NULL WHERE name = 'items'"
sql_is "until it can be" "SELECT dynmod.find_task('here', '$task') ->> 'stage'" failed
is "and then is what it was" "$(dump stuck)" "$before"

# ---- secrets ----
before=$(dump app)
task=$(task)
sql "SELECT dynmod.begin_rotation('here', '$task', 'app', repeat('n', 32), 30, 0)" >/dev/null
sql_is "a new secret counts at once" \
    "SELECT shared_secret FROM dynmod.find_app('here', 'app')" "$(printf 'n%.0s' {1..32})"
undo "$task"
is "a failed rotation keeps the old one" "$(dump app)" "$before"
sql_fails "an app that is not there" \
    "SELECT dynmod.begin_rotation('here', '$(task)', 'nobody', NULL, 30, 0)" P0002

# ---- an app that is busy with its modules ----
sql "SELECT dynmod.set_app_state('here', 'app', 'disabled', true);
     SELECT dynmod.set_app_state('here', 'app', 'enabled', false)" >/dev/null
session_open writer
session_open caller
session writer "BEGIN" >/dev/null
session writer "SELECT dynmod.register_modules('here', 'app', '$(modules panels:meanwhile)')" >/dev/null
printf '%s;\n' "SELECT dynmod.claim_callback('here', 'app', 30) ->> 'event'" >&"${session_in[caller]}"
ok "is not called meanwhile" sql_await "SELECT count(*) FROM pg_locks WHERE NOT granted" 1
session writer "COMMIT" >/dev/null
is "but as soon as it is done" "$(session_close caller)" disabled
session_close writer
conclude app >/dev/null

# ---- calls that fail ----
sql "SELECT dynmod.set_app_state('here', 'app', 'disabled', true);
     SELECT dynmod.set_app_state('here', 'app', 'enabled', true)" >/dev/null
is "calls wait in order" "$(waiting app)" "disabled enabled"
is "the first is due" "$(claim app)" disabled
is "when it fails it is tried again" "$(conclude app refused)" t
is "later" "$(claim app)" ""
is "and the next waits behind it" "$(waiting app)" "disabled enabled"
sql_is "after a minute" \
    "SELECT next_attempt_at - now() BETWEEN interval '55 s' AND interval '65 s', last_error
     FROM dynmod.waiting_callback WHERE app_key = 'app' AND event = 'disabled'" "t|refused"
for attempt in {2..14}; do last=$(conclude app refused); done
is "it is given up after $attempt attempts" "$last $(waiting app)" "f enabled"
sql_is "which the history says" \
    "SELECT count(*), bool_or((detail ->> 'givenUp')::boolean) FROM dynmod.app_event
     WHERE app_key = 'app' AND detail ->> 'error' = 'refused'" "14|t"
sql_is "an app without such a member in its descriptor is not called" \
    "SELECT dynmod.set_app_state('here', 'one', 'disabled', true);
     SELECT count(*) FROM dynmod.waiting_callback WHERE app_key = 'one'" "enabled
0"

# ---- keys ----
sql_is "a site has no key before the first use" \
    "SELECT name, kid IS NULL FROM dynmod.find_host('here')" "here|t"
sql "SELECT dynmod.add_site_key('here', 'private 1', 'public 1')" >/dev/null
sql "SELECT dynmod.add_site_key('here', 'private 2', 'public 2')" >/dev/null
sql_is "the first that is added stays" \
    "SELECT private_key, public_key FROM dynmod.find_host('here')" "private 1|public 1"
kid=$(sql "SELECT kid FROM dynmod.find_host('here')")
sql "SELECT dynmod.add_site_key('here', 'private 3', 'public 3', true)" >/dev/null
sql_is "unless it is to be replaced" \
    "SELECT private_key FROM dynmod.find_host('here')" "private 3"
sql_is "the old public key stays published" "SELECT dynmod.find_public_key('here', '$kid')" "public 1"
sql_is "without its private one" \
    "SELECT private_key IS NULL FROM dynmod.site_key WHERE kid = '$kid'" t
sql "UPDATE dynmod.site_key SET retired_at = now() - interval '31 days' WHERE kid = '$kid'"
sql_is "for 30 days" "SELECT dynmod.find_public_key('here', '$kid') IS NULL" t

tap_end
