#!/bin/bash
# The five functions of the API: what they answer and which errors they raise.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

register() { # register MODULES: the statement that registers them for the app "one"
    printf "SELECT registered FROM dynmod.register_modules('here', 'one', '%s')" "$1"
}
types_version=$(sql 'SELECT version FROM dynmod.types_version')

# ---- who is calling ----
sql_is "an unknown site gives no row" "SELECT * FROM dynmod.find_app('nowhere', 'one')" ""
sql_is "an unknown app gives a row with the site's columns only" \
    "SELECT * FROM dynmod.find_app('here', 'none')" "|/jira||||here|"
sql_is "a known app gives state and secret" \
    "SELECT * FROM dynmod.find_app('here', 'one')" \
    "one|/jira|enabled|$(sql_secret one)||here|$(sql "SELECT standing FROM dynmod.app WHERE id = $app_one")"
sql_is "app keys are compared exactly" \
    "SELECT app_key IS NULL, state IS NULL FROM dynmod.find_app('here', 'ONE')" "t|t"
sql_is "the document of an app without modules is empty" \
    "SELECT document FROM dynmod.find_app_with_document('here', 'one', '{}')" "{}"
sql_is "the document does not come when its revision is known" \
    "SELECT found.document IS NULL, found.revision
         FROM dynmod.app, dynmod.find_app_with_document('here', 'one', ARRAY[1, app.revision]) AS found
         WHERE app.id = $app_one" "t|$(sql "SELECT revision FROM dynmod.app WHERE id = $app_one")"
sql_is "an unknown app has no document" \
    "SELECT document IS NULL, revision IS NULL
         FROM dynmod.find_app_with_document('here', 'none', '{}')" "t|t"
for base in http://h https://h/ http://h:1/a/b/ http://h/a%20b; do
    sql "INSERT INTO dynmod.site (name, base_url) VALUES ('p', '$base')"
    paths+=" $(sql "SELECT '<' || context_path || '>' FROM dynmod.find_app('p', 'x')")"
    sql "DELETE FROM dynmod.site WHERE name = 'p'"
done
is "the context path is the base URL's path without the last slash" "$paths" \
    " <> <> </a/b> </a%20b>"

once() { # once: how both functions that find a document answer for each app, site and revision
    sql "INSERT INTO dynmod.app_secret (app_id, use, secret, valid_until) VALUES
             ($app_one, 'former', repeat('f', 40), now() + interval '1 hour');
         SELECT count(*), count(*) FILTER (WHERE (found.*) IS NOT DISTINCT FROM (once.*)), count(DISTINCT once.*)
             FROM (SELECT site, app_key, known FROM
                 unnest('{here,nowhere,//localhost:8080/jira,//localhost:8080}'::text[]) AS site,
                 unnest('{one,two,none}'::text[]) AS app_key,
                 (SELECT '{}'::bigint[] AS known UNION ALL SELECT ARRAY[0, revision] FROM dynmod.app) AS known
             ) AS asked
             LEFT JOIN LATERAL (SELECT app_key, context_path, state, shared_secret, former_secret, revision,
                 document, site_name FROM dynmod.find_app_with_document(site, asked.app_key, known)) AS found ON true
             LEFT JOIN LATERAL dynmod.find_app_with_document_once(site, asked.app_key, known) AS once ON true;
         DELETE FROM dynmod.app_secret WHERE use = 'former'"
}
sql_app two >/dev/null
is "over a connection that asks once the same is found" "$(once)" "36|36|5"

# ---- what is known of an app ----
unchanged_after() { # unchanged_after STATEMENT: whether an app that was found is still the same after it
    sql "SELECT app_id, app_version
             FROM dynmod.find_app_with_document('here', 'one', '{}') \\gset
         BEGIN; $1;
         SELECT COALESCE(dynmod.app_is_unchanged(:app_id, :'app_version'), false);
         ROLLBACK" | tail -n 1
}
is "an app is unchanged" "$(unchanged_after 'SELECT')" t
is "another app does not matter" "$(unchanged_after "UPDATE dynmod.app SET name = 'x' WHERE app_key = 'two'")" t
while IFS='|' read -r what change; do
    is "not after a change of $what" "$(unchanged_after "$change")" f
done <<EOF
its state|UPDATE dynmod.app SET state = 'disabled' WHERE id = $app_one
its key|UPDATE dynmod.app SET app_key = 'other' WHERE id = $app_one
its modules|$(register "$(modules panels:z)")
its secret|UPDATE dynmod.app_secret SET secret = repeat('y', 40) WHERE app_id = $app_one
its secret by the function|SELECT dynmod.rotate_secret('here', 'one', NULL, 60)
the lack of a secret|DELETE FROM dynmod.app_secret WHERE app_id = $app_one
the name of its site|UPDATE dynmod.site SET name = 'elsewhere' WHERE name = 'here'
the address of its site|UPDATE dynmod.site SET base_url = 'http://elsewhere' WHERE name = 'here'
its being there|DELETE FROM dynmod.app WHERE id = $app_one
EOF
sql_is "while a former secret is accepted there is no version, as it ends by itself" \
    "BEGIN; SELECT FROM dynmod.rotate_secret('here', 'one', NULL, 60);
     SELECT former_secret IS NULL, app_version IS NULL
         FROM dynmod.find_app_with_document('here', 'one', '{}'); ROLLBACK" "f|t"
sql_is "nor for an unknown app" "SELECT app_id IS NULL, app_version IS NULL
    FROM dynmod.find_app_with_document('here', 'none', '{}')" "t|t"

# ---- the standing of an app ----
standing_after() { # standing_after STATEMENT: whether a process may go on with what it knows
    sql "SELECT standing FROM dynmod.find_app('here', 'one') \\gset
         BEGIN; $1;
         SELECT COALESCE(standing = :'standing', false)
             FROM dynmod.app WHERE id = $app_one UNION ALL SELECT false LIMIT 1;
         ROLLBACK" | tail -n 1
}
while IFS='|' read -r what change; do
    is "an app keeps its standing after a change of $what" "$(standing_after "$change")" t
done <<EOF
nothing|SELECT
another app|UPDATE dynmod.app SET state = 'disabled' WHERE app_key = 'two'
its modules|$(register "$(modules panels:z)")
its name|UPDATE dynmod.app SET name = 'x' WHERE id = $app_one
its state and scopes to what they are|UPDATE dynmod.app SET state = 'enabled', scopes = scopes
EOF
while IFS='|' read -r what change; do
    is "but not after one of $what" "$(standing_after "$change")" f
done <<EOF
its state|UPDATE dynmod.app SET state = 'disabled' WHERE id = $app_one
its key|UPDATE dynmod.app SET app_key = 'other' WHERE id = $app_one
its scopes|UPDATE dynmod.app SET scopes = '{READ,ADMIN,ACT_AS_USER}' WHERE id = $app_one
its secret|UPDATE dynmod.app_secret SET secret = repeat('y', 40) WHERE app_id = $app_one
its secret by the function|SELECT dynmod.rotate_secret('here', 'one', NULL, 60)
its secret and back again|UPDATE dynmod.app_secret SET secret = 'a' || secret; UPDATE dynmod.app_secret SET secret = substr(secret, 2)
the lack of a secret|DELETE FROM dynmod.app_secret WHERE app_id = $app_one
the name of its site|UPDATE dynmod.site SET name = 'elsewhere' WHERE name = 'here'
the address of its site|UPDATE dynmod.site SET base_url = 'http://elsewhere' WHERE name = 'here'
its being there|DELETE FROM dynmod.app WHERE id = $app_one
EOF
sql_is "all look-ups tell the same standing" \
    "SELECT count(*), count(DISTINCT standing) FROM (
         SELECT standing FROM dynmod.find_app('here', 'one') UNION ALL
         SELECT standing FROM dynmod.find_app_with_document('here', 'one', '{}') UNION ALL
         SELECT standing FROM dynmod.find_app_for_registration('here', 'one', NULL)) AS told" "3|1"
sql_is "and none while a former secret is accepted, as that ends by itself" \
    "BEGIN; SELECT FROM dynmod.rotate_secret('here', 'one', NULL, 60);
     SELECT count(standing) FROM (
         SELECT standing FROM dynmod.find_app('here', 'one') UNION ALL
         SELECT standing FROM dynmod.find_app_with_document('here', 'one', '{}') UNION ALL
         SELECT standing FROM dynmod.find_app_for_registration('here', 'one', NULL)) AS told;
     ROLLBACK" 0
standing=$(sql "SELECT standing FROM dynmod.app WHERE id = $app_one")
other=$(sql "SELECT gen_random_uuid()")
sql_is "a change is made for whoever knows the standing and the types" \
    "BEGIN;
     SELECT registered FROM dynmod.register_modules('here', 'one', '$(modules panels:k)', NULL, false,
         '$standing', $types_version);
     SELECT removed FROM dynmod.remove_modules('here', 'one', NULL, NULL, false, '$standing');
     ROLLBACK" "1
1"
sql_fails "MD020 for another standing" \
    "SELECT dynmod.register_modules('here', 'one', '$(modules panels:k)', NULL, false, '$other', $types_version)" \
    MD020 ""
sql_fails "MD020 for other types" \
    "SELECT dynmod.register_modules('here', 'one', '$(modules panels:k)', NULL, false, '$standing', $types_version - 1)" \
    MD020 ""
sql_fails "MD020 for another standing, when removing" \
    "SELECT dynmod.remove_modules('here', 'one', NULL, NULL, false, '$other')" MD020 ""
sql_fails "MD020 for another standing, in a dry run" \
    "SELECT dynmod.remove_modules('here', 'one', NULL, NULL, true, '$other')" MD020 ""

# ---- registering ----
sql_is "nothing to register changes nothing" \
    "SELECT app.app_key = done.app_key, done.revision = app.revision, registered
         FROM dynmod.app, dynmod.register_modules('here', 'one', '[]') AS done
         WHERE id = $app_one" "t|t|0"
before=$(sql "SELECT revision FROM dynmod.app WHERE id = $app_one")
sql_is "registering gives a new revision, the app's" \
    "SELECT app_key AS answered, revision, registered
         FROM dynmod.register_modules('here', 'one', '$(
             modules panels:b items:c panels:a config:d)') \gset
     SELECT :'answered', :registered, :revision > $before, :revision = revision
         FROM dynmod.app WHERE id = $app_one" "one|4|t|t"
sql_is "document: types by first registration, modules in order, a single type as an object" \
    "SELECT document FROM dynmod.find_app_with_document('here', 'one', '{}')" \
    '{"panels":[{"key": "b"},{"key": "a"}],"items":[{"key": "c"}],"config":{"key": "d"}}'
sql_is "unknown members, escapes and large numbers of a definition are kept" \
    "$(register '[{"type":"panels","definition":{"key":"x","\u00e9\"\\":[1.50,null,{"a":true}]}}]')
         AS registered \gset
     SELECT document::json #>> '{panels,2}' FROM dynmod.app WHERE id = $app_one;
     SELECT removed FROM dynmod.remove_modules('here', 'one', '{x}')" \
    '{"key": "x", "é\"\\": [1.50, null, {"a": true}]}
1'

sql "INSERT INTO dynmod.module (app_id, type_name, origin, definition)
     VALUES ($app_one, 'pages', 'descriptor', '{\"key\":\"page\"}'),
            ($app_one, 'hooks', 'descriptor', '{\"event\":\"e\"}')"
state="SELECT revision, document FROM dynmod.app WHERE id = $app_one;
       SELECT count(*) FROM dynmod.module; SELECT count(*) FROM dynmod.module_event"
before=$(sql "$state")
sql_fails "MD001 names every duplicate: in the request, registered, of the descriptor, once each" \
    "$(register "$(modules items:n panels:a items:m hooks:page panels:n items:n)")" \
    MD001 '["n","a","page"]'
sql_fails "MD003 names every type that is unknown or not dynamic" \
    "$(register "$(modules panels:k pages:l nope:m pages:n)")" MD003 '["nope", "pages"]'
sql_fails "MD004 names every single-object type that is there already" \
    "$(register "$(modules panels:k config:l)")" MD004 '["config"]'
sql_fails "MD006 names every invalid key" \
    "$(register '[{"type":"panels","definition":{"key":"a_b"}},{"type":"panels","definition":{}},
        {"type":"panels","definition":{"key":7}},{"type":"panels","definition":{"key":""}},
        {"type":"panels","definition":{"key":"good"}}]')" MD006 '["a_b", null, 7, ""]'
long=$(printf 'k%.0s' {1..100})
sql_fails "MD006: a key of 101 characters" "$(register "$(modules "panels:k$long")")" \
    MD006 "[\"k$long\"]"
sql_fails "a module that is not an object" \
    "$(register '[{"type":"panels","definition":["key"]}]')" 23514
sql_fails "a request that is not an array" "$(register '{}')" 22023
sql "UPDATE dynmod.site SET module_limit = 6 WHERE name = 'here'"
sql_fails "MD002 tells the limit, what is there and what came" \
    "$(register "$(modules panels:k panels:l panels:m)")" \
    MD002 '{"limit" : 6, "present" : 4, "added" : 3}'
is "after each refusal everything is as before" "$(sql "$state")" "$before"
sql_is "the limit itself can be reached" \
    "$(register "$(modules panels:k panels:l)")" 2
sql_is "a key of 100 characters is accepted" \
    "UPDATE dynmod.site SET module_limit = 100 WHERE name = 'here';
     $(register "$(modules "panels:$long")")" 1

# ---- what a registration is checked against ----
sql_is "scopes, limit and the modules of both origins in order" \
    "UPDATE dynmod.app SET scopes = '{read,ADMIN,Read}' WHERE id = $app_one;
     SELECT scopes, module_limit, (
         SELECT string_agg(concat_ws(' ', type, COALESCE(key, '-'), origin), ', ')
             FROM json_to_recordset(modules::json) AS module (type text, key text, origin text)
             WHERE key NOT IN ('k', 'l', '$long') OR key IS NULL)
         FROM dynmod.find_app_for_registration('here', 'one', NULL)" \
    "{ADMIN,READ}|100|panels b dynamic, items c dynamic, panels a dynamic, $(
    )config d dynamic, pages page descriptor, hooks - descriptor"
sql_is "the types come when the version is not known" \
    "SELECT types::json #>> '{types,1}', types::json #>> '{definitions,i18n}', types_version
         FROM dynmod.find_app_for_registration('here', 'one', NULL)" \
    "{\"name\" : \"hooks\", \"title\" : \"Hooks\", \"container\" : \"list\", \"dynamic\" : true, $(
    )\"requiredScope\" : \"READ\", \"deprecated\" : false, \"schema\" : true}|$(
    ){\"type\": \"object\"}|$types_version"
sql_is "the types come when the version is another one" \
    "SELECT types IS NOT NULL FROM dynmod.find_app_for_registration('here', 'one', 1)" t
sql_is "the types do not come when the version is known" \
    "SELECT types IS NULL, types_version
         FROM dynmod.find_app_for_registration('here', 'one', $types_version)" \
    "t|$types_version"
sql_is "an unknown app gets neither modules nor types" \
    "SELECT app_key, modules, types, context_path
         FROM dynmod.find_app_for_registration('here', 'none', NULL)" "|||/jira"
sql_is "an unknown site gives no row for a registration" \
    "SELECT count(*) FROM dynmod.find_app_for_registration('nowhere', 'one', NULL)" 0

# ---- removing ----
remove() { # remove KEYS: the statement that removes them
    echo "SELECT removed FROM dynmod.remove_modules('here', 'one', $1)"
}
sql_is "removing ignores unknown keys and the descriptor's modules" "$(remove "'{b,page,zzz}'")" 1
sql_is "removing an empty list removes nothing" "$(remove "'{}'")" 0
sql_is "removing a type's first module changes the order of types" \
    "SELECT string_agg(name, ' ') FROM json_object_keys((SELECT document::json FROM dynmod.app
         WHERE id = $app_one)) AS name" "items panels config"
sql_is "removing without keys removes all dynamic modules" "$(remove NULL)" 6
sql_is "the descriptor's modules are still there, the document is empty" \
    "SELECT string_agg(type_name, ' ' ORDER BY id) FROM dynmod.module;
     SELECT document FROM dynmod.app WHERE id = $app_one" "pages hooks
{}"

# ---- apps that may not write ----
for state in disabled uninstalled; do
    sql "UPDATE dynmod.app SET state = '$state' WHERE id = $app_one"
    sql_fails "MD005: a $state app does not register" "$(register "$(modules panels:z)")" MD005
    sql_fails "MD005: a $state app does not remove" "$(remove NULL)" MD005
done
for place in "'here', 'none'" "'nowhere', 'one'"; do
    sql_fails "MD005: an app that is not there does not register ($place)" \
        "SELECT dynmod.register_modules($place, '$(modules panels:z)')" MD005
    sql_fails "MD005: an app that is not there does not remove ($place)" \
        "SELECT dynmod.remove_modules($place, NULL)" MD005
done
tap_end
