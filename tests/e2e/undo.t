#!/bin/bash
# Undo by dynmodctl: the history of one module, the set of a moment, sets replaced and restored, and
# what each of them would do; by a role with an operator's rights only.
set -eu
# shellcheck source=../lib/ctl.sh
. "$(dirname "$0")/../lib/ctl.sh"
ctl_start
key=com.example.notes
web=$ctl_files/dynmod.fcgi # which does not run as root, and others may not reach the checkout
cp "${ctl_program%/*}/dynmod.fcgi" "$web"
path=/rest/atlassian-connect/1/app/module/dynamic
moments=$ctl_files/moments
mkdir "$moments"

panel() { # panel KEY [URL]: a good web panel
    echo "{\"key\":\"$1\",\"name\":{\"value\":\"P\"},\"url\":\"${2:-/p}\",\"location\":\"l\"}"
}
install() { # install [PANEL]: installs the app with no or one web panel in its descriptor
    "$ctl_program" app install - >/dev/null 2>&1 <<<'{"key":"'$key'","name":"Notes",
        "baseUrl":"https://notes.example","authentication":{"type":"jwt"},
        "lifecycle":{"installed":"/i"},"modules":{"webPanels":['"${1-}"']}}'
}
# http METHOD QUERY [BODY]: a request that the app signs, over the web program as a CGI server runs it.
http() {
    local body=${3-} signature
    signature=$("$ctl_program" sign "$1" "$path$2" --app $key)
    as_user "$(postgres_user)" DYNMOD_CONFIG="$ctl_files/web.conf" GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 \
        REQUEST_METHOD="$1" REQUEST_URI="$path$2" SCRIPT_NAME='' HTTP_HOST=127.0.0.1:18400 \
        CONTENT_TYPE=application/json CONTENT_LENGTH=${#body} HTTP_AUTHORIZATION="$signature" \
        "$web" <<<"$body" 2>"$ctl_files/web.err"
}
present() { # present: the dynamic modules, in order, as type:key=url
    sql "SELECT string_agg(type_name || ':' || module_key || '=' || (definition ->> 'url'), ' '
                           ORDER BY module.id)
             FROM dynmod.module JOIN dynmod.app ON app.id = app_id
             WHERE app_key = '$key' AND origin = 'dynamic'"
}
# note NAME: keeps the present moment, event and set under a name.
note() {
    sql "SELECT clock_timestamp()" >"$moments/$1.at"
    sql "SELECT max(id) FROM dynmod.module_event WHERE app_key = '$key'" >"$moments/$1.event"
    present >"$moments/$1.set"
}
at() { cat "$moments/$1.at"; }
event() { cat "$moments/$1.event"; }
set_of() { cat "$moments/$1.set"; }
# everything: what no dry run and no refusal may change
everything() {
    sql "SELECT md5(string_agg(app::text, '' ORDER BY app.id)) FROM dynmod.app AS app;
         SELECT count(*), max(id) FROM dynmod.module_event;
         SELECT count(*), max(id) FROM dynmod.app_event;
         SELECT md5(string_agg(module::text, '' ORDER BY module.id)) FROM dynmod.module AS module"
}
# keys: what the tool's JSON says became of which keys
keys() {
    local list said=''
    for list in added updated removed unchanged; do
        said+="$list $(member "->{$list}") "
    done
    echo "${said% }"
}

# ---- the command line ----
misused "restore needs a moment" 'requires either --at or --event' module restore --app $key
misused "and no more than one" 'requires either --at or --event' \
    module restore --app $key --at now --event 1
misused "replace needs a file" '"module replace" requires FILE' module replace --app $key
misused "the set of a moment is that of one app" "--at requires --app" module list --at '1 hour ago'
misused "an event is a number" "--event must be a whole number" module restore --app $key --event x
done_by "a site" site add default --base-url http://127.0.0.1:18400
install

# ---- moments ----
for time in 2026-10-01 10/11/2026\ 14:00 '2026-10-01 08:30 UTC+3' '2026-10-01 08:30 IST' yesterday today \
    now 14:00 'last week' '2026-10-01 08:30 Europe/Berlin' 20261001T083000Z '1 month ago'; do
    misused "what can be read in more than one way is no moment: $time" "--at needs a date and a time" \
        module list --app $key --at "$time"
done
refused "a time that never is" 'date/time field value out of range' \
    module list --app $key --at '2026-02-30 08:30'
refused "the future" 'which is 2999-01-01T00:00:00\+00:00, is still to come' \
    module list --app $key --at '2999-01-01 00:00'
zoned() { # zoned NAME PATTERN TIME: refused where clocks are changed as in Berlin
    PGTZ=Europe/Berlin refused "$1" "$2" module list --app $key --at "$3"
}
zoned "a time that is there twice" 'is twice in the time zone Europe/Berlin: write it as '\
'2024-10-27T02:30:00\+01:00 or 2024-10-27T02:30:00\+02:00' '2024-10-27 02:30'
zoned "a time that is left out" 'does not exist in the time zone Europe/Berlin' '2024-03-31 02:30'
PGTZ=Europe/Berlin done_by "which its offset makes clear" module list --app $key --at 2024-10-27T00:30:00Z
is "and is shown" "$(head -1 <<<"$ctl_out")" "the dynamic modules of $key at 2024-10-27T02:30:00+02:00:"

# ---- a day of changes ----
note empty
like "the app registers two" "$(http POST '' "{\"webPanels\":[$(panel a),$(panel b)]}")" '^Status: 200|^$'
note morning
sql "UPDATE dynmod.module SET definition = jsonb_set(definition, '{url}', '\"/by-hand\"')
         WHERE module_key = 'a'"
note noon
done_by "the operator registers a third" module register - --app $key <<<"{\"webPanels\":[$(panel c)]}"
done_by "and removes the second" module remove --app $key b --reason "does not work"
note afternoon
install "$(panel c /descriptor)"
note evening
is "the day was like this" "$(for moment in empty morning noon afternoon evening; do
    echo "[$(set_of $moment)]"
done)" "[]
[webPanels:a=/p webPanels:b=/p]
[webPanels:a=/by-hand webPanels:b=/p]
[webPanels:a=/by-hand webPanels:c=/p]
[]"

# ---- looking back ----
past() { # past ARGUMENT...: the set that module list shows for a moment, as present() does
    ctl module list --app $key --json "$@"
    perl -MJSON::PP -e 'local $/; print join " ", map {
        "$_->{type}:$_->{key}=" . ($_->{definition} ? $_->{definition}{url} : "?")
    } @{ decode_json(<STDIN>) }' <<<"$ctl_out"
}
for moment in empty morning noon afternoon evening; do
    is "module list --at shows the $moment" "$(past --at "$(at $moment)")" "$(set_of $moment)"
done
done_by "for people" module list --app $key --at "$(at noon)"
is "with the moment above" "$(sed -E 's/at .*T.*:$/at T/; s/ +/ /' <<<"$ctl_out")" \
    "the dynamic modules of $key at T
TYPE KEY
webPanels a
webPanels b"
done_by "what became of one module" history --app $key --key b --json
is "is in the history" "$(perl -MJSON::PP -0777 -ne 'print join " ", map {
    "$_->{operation}:$_->{definition}{url}" } @{ decode_json($_) }' <<<"$ctl_out")" "delete:/p insert:/p"
refused "the past of an unknown app" 'has no app "nope"' module list --app nope --at '1 hour ago'

# ---- what would be done ----
before=$(everything)
done_by "restore --dry-run" module restore --app $key --at "$(at noon)" --dry-run
like "says what would be done" "$(head -n 1 <<<"$ctl_out")" \
    "^would restore the modules of $key to .*T.*: 2 added, 0 updated, 0 removed, 0 unchanged\$"
is "with the keys" "$(tail -n +2 <<<"$ctl_out")" "added: a, b"
done_by "register --dry-run" module register - --app $key --dry-run --json <<<"{\"webPanels\":[$(panel x)]}"
is "too" "$(member '->{registered}') $(member '->{dryRun}')" "1 true"
done_by "replace --dry-run" module replace - --app $key --dry-run <<<"{\"webPanels\":[$(panel x)]}"
is "says it" "$ctl_out" "would replace the dynamic modules of $key: 1 added, 0 updated, 0 removed, 0 unchanged
added: x"
refused "with the same problems" "duplicate module keys: \[c\]" \
    module replace - --app $key --dry-run <<<"{\"webPanels\":[$(panel c)]}"
is "nothing of that is stored" "$(everything)" "$before"

# ---- restores ----
ctl module restore --app $key --at "$(at afternoon)" --json
is "what can no longer be is refused" "$ctl_status $(member '->{error}{kind}') $(member \
    '->{error}{problems}[0]{rule}') $(member '->{error}{problems}[1]')" "1 input duplicateKey undef"
like "and said" "$ctl_err" "duplicate module keys: \[c\]"
like "with what was not done" "$ctl_err" \
    "^dynmodctl: the modules of $key cannot be restored to .*T.*, for 1 reason; nothing was changed\$"
is "which is true" "$(everything)" "$before"
install
note clash
done_by "without the clash" module restore --app $key --at "$(at afternoon)" --json --reason "lost by an upgrade"
is "it works" "$(keys) $(member '->{app}') $(member '->{dryRun}')" \
    "added [\"a\",\"c\"] updated [] removed [] unchanged [] $key false"
is "as it was" "$(present)" "$(set_of afternoon)"
is "the moment is that given" "$(sql "SELECT '$(member '->{at}')'::timestamptz = '$(at afternoon)'")" t
is "GET shows it" "$(http GET '' | tail -n 1)" \
    "$(sql "SELECT document FROM dynmod.app WHERE app_key = '$key'")"
done_by "the history" history --app $key --json --limit 1
is "has it with what it did" "$(member '->[0]{operation}') $(member '->[0]{actor}') $(member \
    '->[0]{reason}') $(member '->[0]{detail}{added}') $(member '->[0]{detail}{removed}')" \
    'restore operator lost by an upgrade ["a","c"] []'
note restored
done_by "a restore to another moment" module restore --app $key --event "$(event morning)" --json
is "updates in place" "$(keys)" 'added ["b"] updated ["a"] removed ["c"] unchanged []'
is "as it was in the morning" "$(present)" "$(set_of morning)"
done_by "a restore of the restore" module restore --app $key --event "$(event restored)"
is "undoes it" "$(present) / $(tail -n +2 <<<"$ctl_out" | tr '\n' '.')" \
    "$(set_of restored) / added: c.updated: a.removed: b."
before=$(everything)
done_by "the same again" module restore --app $key --event "$(event restored)" --json
is "changes nothing" "$(keys)" 'added [] updated [] removed [] unchanged ["a","c"]'
is "and is no event" "$(everything)" "$before"
done_by "a restore to nothing" module restore --app $key --at "$(at empty)"
is "removes all" "$(present)" ""
done_by "app disable" app disable $key --quiet-app
done_by "a disabled app may be restored" module restore --app $key --at "$(at noon)"
is "before it is let in again" "$(present)" "$(set_of noon)"
refused "but not be changed otherwise" "is disabled" module replace - --app $key <<<'{}'
done_by "app enable" app enable $key --quiet-app
refused "an unknown app" 'has no app "nope"' module restore --app nope --at '1 hour ago'
refused "an unknown event" 'has no event 999999 of a module' module restore --app $key --event 999999

# ---- listings, and what replaces ----
"$ctl_program" module list --app $key --at "$(at afternoon)" --json >"$ctl_files/then.json"
done_by "what module list printed can be given to module replace" \
    module replace "$ctl_files/then.json" --app $key --json
is "which leaves what is equal" "$(keys)" 'added ["c"] updated [] removed ["b"] unchanged ["a"]'
is "and gives the set of then" "$(present)" "$(set_of afternoon)"
ctl module replace - --app $key --json <<<"{\"webPanels\":[$(panel a),{\"key\":\"d\"}]}"
is "mistakes are named" "$ctl_status $(member '->{error}{text}') $(member '->{error}{problems}[0]{pointer}')" \
    "1 nothing was replaced /webPanels/1"
is "and nothing is replaced" "$(present)" "$(set_of afternoon)"
done_by "an empty set" module replace - --app $key --json <<<'{}'
is "removes all" "$(keys) [$(present)]" 'added [] updated [] removed ["a","c"] unchanged [] []'
before=$(everything)
done_by "module register" module register - --app $key <<<"{\"webPanels\":[$(panel x),$(panel y)]}"
done_by "remove --dry-run" module remove x --app $key --dry-run
is "says what would be removed" "$ctl_out [$(present)]" \
    "would remove 1 module from $key [webPanels:x=/p webPanels:y=/p]"

# ---- what can no longer be ----
note types
done_by "type add" type add - <<<'{"name":"mine","dynamic":true}'
done_by "modules of it and another" module register - --app $key \
    <<<"{\"mine\":[{\"key\":\"m\"}],\"webSections\":[]}"
note mine
done_by "module remove" module remove --all --app $key
done_by "type deny" type deny webPanels
done_by "type remove" type remove mine --yes
before=$(everything)
ctl module restore --app $key --event "$(event mine)" --json
is "each module that can no longer be is named with the reason" \
    "$ctl_status $(perl -MJSON::PP -0777 -ne 'print map { "$_->{pointer}: $_->{text}\n" }
        @{ decode_json($_)->{error}{problems} }' <<<"$ctl_out")" \
    "1 /mine/m: the module type no longer exists
/webPanels/x: modules of type webPanels cannot be registered dynamically"
like "for people as well" "$ctl_err" '^error: /mine/m: the module type no longer exists$'
is "nothing was changed" "$(everything)" "$before"
done_by "type allow" type allow webPanels
done_by "what can be, is restored" module restore --app $key --event "$(event types)"
done_by "site set" site set default --module-limit 1
done_by "module remove x" module remove x --app $key
refused "the limit is that of today" "may have 1 dynamic modules" \
    module restore --app $key --event "$(event types)"
done_by "site set of bytes" site set default --module-limit 100 --byte-limit 100
refused "those of bytes, too, which the database counts" "may have 100 bytes together.*nothing was changed" \
    module restore --app $key --event "$(event types)"
done_by "site set back" site set default --byte-limit 1048576
sql "DELETE FROM dynmod.event_definition WHERE definition ->> 'key' = 'x'"
is "a definition that the quota has dropped is null" "$(past --at "$(at types)")" "webPanels:x=? webPanels:y=/p"
refused "a restore names it" \
    "error: /webPanels/x: the history does not have the definition any more.*for 1 reason; nothing" \
    module restore --app $key --event "$(event types)"
"$ctl_program" module list --app $key --at "$(at types)" --json >"$ctl_files/then.json"
refused "so does a replacement" "/0/webPanels/0: a module must be an object" \
    module replace "$ctl_files/then.json" --app $key
done_by "history prune" history prune --keep 0
refused "before the history there is nothing to restore" "history of the app $key begins at " \
    module restore --app $key --at "$(at noon)"
refused "nor to see" "history of the app $key begins at " module list --app $key --at "$(at noon)"

# ---- a clock that was set back ----
install
done_by "a change" module replace - --app $key <<<"{\"webPanels\":[$(panel first)]}"
note first
sql "UPDATE dynmod.module SET definition = jsonb_set(definition, '{url}', '\"/late\"')"
note late
done_by "and one more" module register - --app $key <<<"{\"webPanels\":[$(panel third)]}"
sql "SET session_replication_role = replica; UPDATE dynmod.module_change
         SET happened_at = happened_at - interval '1 hour' WHERE id = $(event late)"
done_by "an event that seems to be earlier than one before it" \
    module restore --app $key --event "$(event late)"
is "is what it left" "$(present)" "$(set_of late)"
refused "and the one before it is not mistaken for another" \
    "no moment is right after the event $(event first)," module restore --app $key --event "$(event first)"

# ---- more than one request may have ----
done_by "a limit for many" site set default --module-limit 2000
many() { # many FIRST LAST: panels with these numbers
    local number list=''
    for ((number = $1; number <= $2; number++)); do
        list+=",$(panel "n$number")"
    done
    echo "{\"webPanels\":[${list#,}]}"
}
done_by "many modules" module register - --app $key < <(many 1 700)
done_by "and as many again" module register - --app $key < <(many 701 1400)
note many
done_by "module remove --all" module remove --all --app $key
done_by "all of them come back" module restore --app $key --event "$(event many)" --json
is "in their order" "$(present)" "$(set_of many)"

done_by "the app is removed by mistake" app remove $key --yes
install
is "an operator still sees what it had" \
    "$("$ctl_program" module list --app $key --at "$(at many)" | grep -c '^webPanels ')" "$(wc -w <"$moments/many.set")"
done_by "which comes back" module restore --app $key --event "$(event many)" --json
is "as it was" "$(present)" "$(set_of many)"

# ---- as it happens ----
"$ctl_program" history --follow --json --limit 1 --app $key --key later >"$ctl_files/followed" 2>&1 &
follower=$!
sleep 1.5
done_by "while somebody looks" module register - --app $key <<<"{\"webPanels\":[$(panel other),$(panel later)]}"
for _ in {1..100}; do
    [ -s "$ctl_files/followed" ] && break
    sleep 0.1
done
ok "history --follow goes on" kill "$follower"
is "with the events of the module and its definition" "$(perl -MJSON::PP -ne '
    my $event = decode_json($_);
    print "$event->{operation} $event->{module} $event->{definition}{url}\n"' "$ctl_files/followed")" \
    "insert later /p"

# ---- README ----
sed -n '/^### Undo$/,/^### /{/^\x60\x60\x60sh$/,/^\x60\x60\x60$/{/^\x60/!p}}' "$CTL_ROOT/README.md" \
    >"$ctl_files/readme.sh"
like "README has commands" "$(grep -c '^dynmodctl ' "$ctl_files/readme.sh")" '^[5-9]$'
done_by "app install" app install - \
    <<<'{"key":"my-app","baseUrl":"https://notes.example","authentication":{"type":"none"}}'
sql "SELECT FROM dynmod.register_modules('default', 'my-app',
    '[{\"type\": \"webPanels\", \"definition\": $(panel hello-panel)}]')"
is "which work as they stand there" "$(cd "$ctl_files" &&
    PATH=$(dirname "$ctl_program"):$PATH bash -eu readme.sh 2>&1 | sed -E 's/(to|at) .*T[^ ]*:/\1 T:/; /^WHEN/,/my-app/d')" "\
the dynamic modules of my-app at T:
TYPE  KEY
would restore the modules of my-app to T: 0 added, 0 updated, 1 removed, 0 unchanged
removed: hello-panel
restored the modules of my-app to T: 0 added, 0 updated, 1 removed, 0 unchanged
removed: hello-panel
would replace the dynamic modules of my-app: 0 added, 0 updated, 0 removed, 0 unchanged
replaced the dynamic modules of my-app: 0 added, 0 updated, 0 removed, 0 unchanged"
tap_end
