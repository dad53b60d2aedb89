#!/bin/bash
# The life of an app: install, upgrade, clash, states, uninstall, install again, secrets.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

descriptor() { # descriptor KEY MODULES [MEMBERS]: a descriptor as SQL text
    echo "'{\"key\":\"$1\",\"baseUrl\":\"http://localhost/$1\",\"modules\":{$2}${3-}}'"
}
install() { # install KEY MODULES [MEMBERS]: the statement that installs it
    echo "SELECT dynmod.install_app('here', $(descriptor "$@"))"
}
outcome() { # outcome STATEMENT: what the operator most wants to know of an install
    echo "SELECT concat_ws(' ', answer ->> 'action', answer ->> 'state', answer -> 'dropped')
        FROM ($1 AS answer) AS done"
}
register() { # register KEY TYPE:KEY...: registers modules for the app
    sql "SELECT dynmod.register_modules('here', '$1', '$(modules "${@:2}")')" >/dev/null
}
present() { # present KEY: the modules of the app
    sql "SELECT string_agg(concat_ws(':', left(origin, 2), type_name, module_key), ' ' ORDER BY module.id)
             FROM dynmod.module JOIN dynmod.app ON app.id = app_id WHERE app_key = '$1'"
}
secret() { # secret KEY: its shared secret
    sql_secret "$1"
}
events() { # events STATEMENT: the events that the statement adds to the history
    sql "SELECT COALESCE(max(id), 0) AS seen FROM dynmod.module_event \gset
         $1 \g /dev/null
         SELECT concat_ws(' ', operation, origin, type_name, module_key) FROM dynmod.module_event
             WHERE id > :seen ORDER BY id"
}

# ---- a new app ----
answer=$(sql "$(install app '' ',"name":"App","scopes":["read","Act_As_User"]')")
is "an install answers with these members" \
    "$(sql "SELECT string_agg(name, ' ') FROM json_object_keys('$answer') AS name")" \
    "key clientKey sharedSecret state site baseUrl action dropped"
sql_is "the answer holds what is stored" \
    "SELECT answer ->> 'key' = app_key, answer ->> 'clientKey' = client_key,
            answer ->> 'sharedSecret' = secret, answer ->> 'state' = state,
            answer ->> 'baseUrl' = site.base_url, answer ->> 'site' = site.name
         FROM dynmod.app JOIN dynmod.site ON site.id = site_id
              JOIN dynmod.app_secret ON app_id = app.id,
              (SELECT '$answer'::json AS answer) AS given
         WHERE app_key = 'app'" "t|t|t|t|t|t"
sql_is "name, address, scopes and descriptor come from the descriptor" \
    "SELECT name, base_url, scopes, descriptor ->> 'key' FROM dynmod.app WHERE app_key = 'app'" \
    "App|http://localhost/app|{ACT_AS_USER,READ}|app"
like "a secret is made when none is given" "$(secret app)" '^[0-9a-f]{64}$'
sql_is "a given secret is taken" \
    "SELECT dynmod.install_app('here', $(descriptor given ''), repeat('x', 40)) ->> 'sharedSecret'" \
    "$(printf 'x%.0s' {1..40})"
sql_fails "a secret that is too short" \
    "SELECT dynmod.install_app('here', $(descriptor short ''), 'x')" 22023
sql_is "modules of lists and single objects are stored with origin descriptor" \
    "$(install full '"panels":[{"key":"a"},{"key":"b"}],"config":{"key":"c"},
        "hooks":[{"event":"e"},{"event":"e"}]') ->> 'action'" installed
is "in the order of jsonb, within a type in that of the list" "$(present full)" \
    "de:hooks de:hooks de:config:c de:panels:a de:panels:b"
sql_is "and are not in the document" \
    "SELECT document FROM dynmod.app WHERE app_key = 'full'" "{}"

# ---- refused descriptors ----
before=$(sql 'SELECT count(*) FROM dynmod.app')
sql_fails "an unknown site" "SELECT dynmod.install_app('nowhere', $(descriptor x ''))" P0002
sql_fails "no key" "SELECT dynmod.install_app('here', '{\"baseUrl\":\"http://h\"}')" 22023
sql_fails "no base URL" "SELECT dynmod.install_app('here', '{\"key\":\"x\"}')" 22023
sql_fails "no object" "SELECT dynmod.install_app('here', '[]')" 22023
sql_fails "a key with a blank" "$(install 'x y' '')" 23514
sql_fails "unknown module types, all of them" \
    "$(install x '"nope":[{"key":"a"}],"panels":[],"no":{}')" MD003 '["no", "nope"]'
sql_fails "duplicate keys, all of them" \
    "$(install x '"panels":[{"key":"a"},{"key":"b"}],"items":[{"key":"b"},{"key":"a"}]')" \
    MD001 '["b","a"]'
sql_fails "an invalid module key" "$(install x '"panels":[{"key":"a_b"}]')" MD006 '["a_b"]'
sql_fails "two modules of a single-object type" \
    "$(install x '"config":[{"key":"a"},{"key":"b"}]')" MD004 '["config"]'
sql_is "nothing is left of them" 'SELECT count(*) FROM dynmod.app' "$before"

# ---- upgrade ----
register full panels:d items:e
old_secret=$(secret full)
document=$(sql "SELECT document, revision FROM dynmod.app WHERE app_key = 'full'")
sql_is "an upgrade says so" "$(outcome "SELECT dynmod.install_app('here',
    $(descriptor full '"panels":[{"key":"b"},{"key":"n"}],"config":{"key":"c","x":1}' \
        ',"name":"Other","scopes":["admin"]'), repeat('y', 40))")" "upgraded enabled []"
is "an upgrade keeps the secret, whatever is given" "$(secret full)" "$old_secret"
is "it replaces the descriptor's modules and leaves the dynamic ones" "$(present full)" \
    "de:panels:b dy:panels:d dy:items:e de:config:c de:panels:n"
sql_is "scopes are new, the name stays" \
    "SELECT name, scopes FROM dynmod.app WHERE app_key = 'full'" "|{ADMIN}"
sql_is "document and revision stay" \
    "SELECT document, revision FROM dynmod.app WHERE app_key = 'full'" "$document"
is "the history shows real changes only" \
    "$(events "$(install full '"panels":[{"key":"b"},{"key":"o"}],"config":{"key":"c","x":1}')")" \
    "delete descriptor panels n
insert descriptor panels o"
sql_is "a disabled app stays disabled" \
    "UPDATE dynmod.app SET state = 'disabled' WHERE app_key = 'full';
     $(outcome "$(install full '')");
     UPDATE dynmod.app SET state = 'enabled' WHERE app_key = 'full'" "upgraded disabled []"
is "a descriptor without modules leaves none" "$(present full)" "dy:panels:d dy:items:e"
sql_is "an app without members \"modules\" and \"scopes\", or with null" \
    "SELECT dynmod.install_app('here', '{\"key\":\"bare\",\"baseUrl\":\"http://h\"}') ->> 'action';
     SELECT dynmod.install_app('here', '{\"key\":\"bare\",\"baseUrl\":\"http://h\",
         \"modules\":null,\"scopes\":null}') ->> 'action'" "installed
upgraded"

# ---- clash ----
sql_is "a clash of keys removes all dynamic modules and names them" \
    "$(outcome "$(install full '"items":[{"key":"d"}]')")" \
    'upgraded enabled [{"type" : "panels", "key" : "d"}, {"type" : "items", "key" : "e"}]'
is "the descriptor's module is there instead" "$(present full)" "de:items:d"
sql_is "the history tells why they went" \
    "SELECT concat_ws(' ', operation, module_key), reason FROM dynmod.module_event
         WHERE app_key = 'full' ORDER BY id DESC LIMIT 3" "insert d|
delete e|clash with a new descriptor
delete d|clash with a new descriptor"
sql "UPDATE dynmod.site SET on_clash = 'remove_clashing'"
register full panels:p items:q config:r hooks:s
sql_is "remove_clashing removes those with the same key or single-object type only" \
    "$(outcome "$(install full '"panels":[{"key":"q"}],"config":{"key":"new"}')")" \
    'upgraded enabled [{"type" : "items", "key" : "q"}, {"type" : "config", "key" : "r"}]'
is "the others stay" "$(present full)" "dy:panels:p dy:hooks:s de:config:new de:panels:q"
sql_fails "an upgrade that fails leaves everything" \
    "$(install full '"panels":[{"key":"p"}],"nope":[{}]')" MD003
is "also the dynamic modules it would have removed" "$(present full)" \
    "dy:panels:p dy:hooks:s de:config:new de:panels:q"
sql_is "the actor is in the history" \
    "SELECT dynmod.install_app('here', $(descriptor full ''), NULL, 'alice') ->> 'action';
     SELECT DISTINCT actor FROM dynmod.module_event WHERE app_key = 'full' AND operation = 'delete'
         AND module_key = 'new'" "upgraded
alice"

# ---- states ----
state() { # state STATE: sets it and gives the former one
    echo "SELECT dynmod.set_app_state('here', 'full', '$1')"
}
live="SELECT string_agg(module_key, ' ' ORDER BY id) FROM dynmod.live_module WHERE app_key = 'full'"
sql_is "the modules of an enabled app are live" "$live" "p s"
sql_is "disabling gives the former state" "$(state disabled)" enabled
sql_is "the modules of a disabled app are not live" "$live" ""
sql_is "enabling brings them back" "$(state enabled); $live" "disabled
p s"
sql_is "uninstalling hides them" "$(state uninstalled); SELECT count(*) FROM dynmod.live_module" \
    "enabled
0"
sql_is "uninstalling twice" "$(state uninstalled)" uninstalled
sql_fails "an uninstalled app cannot be enabled" "$(state enabled)" MD005
sql_fails "an uninstalled app cannot be disabled" "$(state disabled)" MD005
sql_fails "an unknown state" "$(state other)" MD005
sql_fails "an unknown app has no state" \
    "SELECT dynmod.set_app_state('here', 'none', 'enabled')" P0002
sql_fails "an app of another site has no state" \
    "SELECT dynmod.set_app_state('there', 'full', 'enabled')" P0002
sql_is "an install brings it back: enabled, new name" \
    "$(outcome "$(install full '"items":[{"key":"i"}]' ',"name":"Back"')");
     SELECT name FROM dynmod.app WHERE app_key = 'full'" "reinstalled enabled []
Back"
ok "with a new secret" test "$(secret full)" != "$old_secret"
is "and with its dynamic modules" "$(present full)" "dy:panels:p dy:hooks:s de:items:i"
sql_is "which are live again and in the document" \
    "$live; SELECT document FROM dynmod.app WHERE app_key = 'full'" 'p s i
{"panels":[{"key": "p"}],"hooks":[{"key": "s"}]}'
sql_is "an install with a given secret brings it back with that" \
    "$(state uninstalled);
     SELECT dynmod.install_app('here', $(descriptor full ''), repeat('z', 32)) ->> 'sharedSecret'" \
    "enabled
$(printf 'z%.0s' {1..32})"
sql_fails "an unknown state of an enabled app" "$(state other)" 23514

# ---- secrets ----
sql_is "rotating gives the new secret, which is stored" \
    "SELECT dynmod.rotate_secret('here', 'full') AS secret \gset
     SELECT :'secret' = secret, :'secret' ~ '^[0-9a-f]{64}\$'
         FROM dynmod.app_secret JOIN dynmod.app ON app.id = app_id WHERE app_key = 'full'" "t|t"
sql_is "rotating to a given secret" \
    "SELECT dynmod.rotate_secret('here', 'full', repeat('w', 32))" "$(printf 'w%.0s' {1..32})"
sql_fails "rotating to a short one" "SELECT dynmod.rotate_secret('here', 'full', 'w')" 22023
sql_fails "rotating for an unknown app" "SELECT dynmod.rotate_secret('here', 'none')" P0002

# ---- the same app on another site ----
sql "INSERT INTO dynmod.site (name, base_url) VALUES ('there', 'http://there')"
sql_is "an app is another one on another site" \
    "SELECT dynmod.install_app('there', $(descriptor full '')) ->> 'action';
     SELECT count(DISTINCT secret), count(*) FROM dynmod.app_secret
         JOIN dynmod.app ON app.id = app_id WHERE app_key = 'full'" \
    "installed
2|2"
sql_is "the overview counts modules by origin" \
    "SELECT site_name, app_key, state, descriptor_modules, dynamic_modules, module_limit
         FROM dynmod.app_overview WHERE app_key IN ('full', 'bare') ORDER BY 1, 2" \
    "here|bare|enabled|0|0|100
here|full|enabled|0|2|100
there|full|enabled|0|0|100"
tap_end
