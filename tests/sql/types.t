#!/bin/bash
# Module types: loading, upgrading without touching the operator's changes, allow, deny, add, drop.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start

migrate() { # what migrate.sh says about types
    "$SQL_TREE/migrate.sh" '' | grep types
}
column() { # column COLUMN: of the type "panels"
    sql "SELECT $1 FROM dynmod.module_type WHERE name = 'panels'"
}
types_version() {
    sql 'SELECT version FROM dynmod.types_version'
}
bumps() { # bumps NAME STATEMENT: the statement must change the version of the types
    local before
    before=$(types_version)
    sql "$2" >/dev/null
    ok "$1" test "$(types_version)" -gt "$before"
}
panels='{"name":"panels","title":"Panels","container":"list","dynamic":true'

# ---- loading ----
sql_is "every type of the files is there" \
    "SELECT string_agg(name, ' ' ORDER BY name), string_agg(DISTINCT origin, ' ')
         FROM dynmod.module_type" "config hooks items pages panels|builtin"
sql_is "every member is stored" \
    "SELECT title, container, dynamic_default, dynamic_override, required_scope, deprecated, schema
         FROM dynmod.module_type WHERE name IN ('hooks', 'config') ORDER BY name" \
    "Config|single|t|||f|true
Hooks|list|t||READ|f|true"
before=$(types_version)
is "loading again changes nothing" "$(migrate)" "dynmod: module types: 0 added, 0 upgraded"
is "nor the version of the types" "$(types_version)" "$before"
sql_type "$SQL_TREE" "$panels,\"deprecated\":true,\"schema\":{\"type\":\"object\"}}"
sql_type "$SQL_TREE" '{"name":"fresh","title":"Fresh","schema":false}'
is "a changed file is upgraded, a new one added" "$(migrate)" \
    "dynmod: module types: 1 added, 1 upgraded"
is "the upgrade is stored" "$(column 'deprecated, schema')" 't|{"type": "object"}'
ok "the version of the types has changed" test "$(types_version)" -gt "$before"

# ---- what the operator changed stays ----
sql "UPDATE dynmod.module_type SET schema = '{\"title\":\"mine\"}', dynamic_override = false
     WHERE name = 'panels'"
sql_type "$SQL_TREE" "$panels,\"deprecated\":false,\"requiredScope\":\"write\",\"schema\":true}"
is "a type that the operator changed is upgraded" "$(migrate)" \
    "dynmod: module types: 0 added, 1 upgraded"
is "column by column: what is the operator's stays, the others are new" \
    "$(column 'schema, dynamic_override, deprecated, required_scope')" '{"title": "mine"}|f|f|WRITE'
sql_type "$SQL_TREE" "$panels,\"title\":\"New\",\"schema\":{\"type\":\"object\"}}"
migrate >/dev/null
is "also at the next upgrade" "$(column 'schema, title')" '{"title": "mine"}|New'
sql "UPDATE dynmod.module_type SET schema = '{\"type\":\"object\"}' WHERE name = 'panels'"
sql_type "$SQL_TREE" "$panels,\"schema\":{\"type\":\"array\"}}"
migrate >/dev/null
is "a schema that is the file's again is upgraded again" "$(column schema)" '{"type": "array"}'
sql "SELECT dynmod.add_module_type('{\"name\":\"mine\",\"title\":\"Mine\"}')" >/dev/null
sql_type "$SQL_TREE" '{"name":"mine","title":"Theirs"}'
is "a file does not replace a type of the operator's" "$(migrate)" \
    "dynmod: module types: 0 added, 0 upgraded"
sql_is "which keeps title and origin" \
    "SELECT title, origin, loaded FROM dynmod.module_type WHERE name = 'mine'" "Mine|operator|"

# ---- shared definitions ----
definitions() { # definitions JSON: writes the file and loads it
    echo "{\"definitions\":$1}" >"$SQL_TREE/module_types/definitions.json"
    before=$(types_version)
    migrate >/dev/null
}
all_definitions="SELECT string_agg(name || schema, ' ' ORDER BY name) FROM dynmod.schema_definition"
definitions '{"i18n":{"type":"string"},"icon":true}'
sql_is "definitions are upgraded and added" "$all_definitions" 'i18n{"type": "string"} icontrue'
ok "which changes the version of the types" test "$(types_version)" -gt "$before"
definitions '{"i18n":{"type":"string"},"icon":true}'
is "loading them again does not" "$(types_version)" "$before"
sql "UPDATE dynmod.schema_definition SET schema = 'false' WHERE name = 'icon';
     INSERT INTO dynmod.schema_definition (name, schema) VALUES ('own', 'false')"
definitions '{"i18n":true,"icon":{"type":"object"},"own":true}'
sql_is "what the operator changed or added stays" "$all_definitions" "i18ntrue iconfalse ownfalse"

# ---- broken files ----
sql_fails "a type without a name" "SELECT dynmod.add_module_type('{\"title\":\"x\"}')" 22023
sql_fails "a type with an unknown member" \
    "SELECT dynmod.add_module_type('{\"name\":\"x\",\"dynamik\":true}')" 22023
sql_fails "a type whose container is neither" \
    "SELECT dynmod.add_module_type('{\"name\":\"x\",\"container\":\"map\"}')" 23514
sql_fails "a type whose schema is a text" \
    "SELECT dynmod.add_module_type('{\"name\":\"x\",\"schema\":\"x\"}')" 23514
echo '{' >"$SQL_TREE/module_types/zbroken.json"
sql_type "$SQL_TREE" '{"name":"before","title":"Before"}'
ok "migrate.sh fails at a file that is no JSON" test "$(migrate 2>/dev/null || echo failed)" = failed
sql_is "and loads none of the types" \
    "SELECT count(*) FROM dynmod.module_type WHERE name = 'before'" 0
rm "$SQL_TREE/module_types/zbroken.json"

# ---- allow, deny ----
register() { # register TYPE:KEY...: the statement that registers them
    echo "SELECT registered > 0 FROM dynmod.register_modules('here', 'one', '$(modules "$@")')"
}
dynamic() { # dynamic TYPE VALUE: allow, deny or leave it to the default
    echo "SELECT dynmod.set_type_dynamic('$1', $2)"
}
sql "UPDATE dynmod.module_type SET dynamic_override = NULL"
sql_is "an allowed type can be registered" "$(dynamic pages true); $(register pages:a)" "t
t"
sql_is "so the types say" \
    "SELECT string_agg(type ->> 'name', ' ') FROM json_array_elements((SELECT types::json -> 'types'
         FROM dynmod.find_app_for_registration('here', 'one', NULL))) AS type
         WHERE (type ->> 'dynamic')::boolean" "config hooks items pages panels"
sql_is "a denied type cannot, what is there stays" \
    "$(dynamic pages false); SELECT document FROM dynmod.app WHERE id = $app_one" \
    'f
{"pages":[{"key": "a"}]}'
sql_fails "MD003 for the denied type" "$(register pages:b)" MD003 '["pages"]'
sql_is "NULL goes back to the default" "$(dynamic panels false); $(dynamic panels NULL)" "f
t"
sql_fails "an unknown type" "$(dynamic nope true)" MD003 '["nope"]'

# ---- types of the operator's own ----
sql_is "a type is added and used at once" \
    "SELECT dynmod.add_module_type('{\"name\":\"own\",\"dynamic\":true,\"requiredScope\":\"read\"}');
     $(register own:c);
     SELECT title, required_scope, origin FROM dynmod.module_type WHERE name = 'own'" "added
t
own|READ|operator"
sql_is "adding it again changes it" \
    "SELECT dynmod.add_module_type('{\"name\":\"own\",\"title\":\"Own\",\"container\":\"single\"}');
     SELECT title, dynamic_default FROM dynmod.module_type WHERE name = 'own';
     SELECT document::json ->> 'own' FROM dynmod.app WHERE id = $app_one" 'changed
Own|f
{"key": "c"}'
sql_fails "a builtin type cannot be added" \
    "SELECT dynmod.add_module_type('{\"name\":\"panels\"}')" 42710
sql_fails "a type with modules cannot be dropped" \
    "DELETE FROM dynmod.module_type WHERE name = 'own'" 23503
sql_is "a type without modules can" \
    "DELETE FROM dynmod.module WHERE type_name = 'own';
     DELETE FROM dynmod.module_type WHERE name = 'own' RETURNING name" own

# ---- the version of the types ----
bumps "INSERT of a type" "INSERT INTO dynmod.module_type (name, title) VALUES ('v', 'V')"
bumps "UPDATE of a type" "UPDATE dynmod.module_type SET title = 'W' WHERE name = 'v'"
bumps "DELETE of a type" "DELETE FROM dynmod.module_type WHERE name = 'v'"
bumps "allow" "$(dynamic panels true)"
bumps "INSERT of a definition" \
    "INSERT INTO dynmod.schema_definition (name, schema) VALUES ('v', 'true')"
bumps "UPDATE of a definition" "UPDATE dynmod.schema_definition SET schema = 'false' WHERE name = 'v'"
bumps "DELETE of a definition" "DELETE FROM dynmod.schema_definition WHERE name = 'v'"
bumps "TRUNCATE of definitions" "TRUNCATE dynmod.schema_definition"

# ---- the types that come with dynmod ----
files=$(find "$SQL_SOURCE/module_types" -name '*.json' ! -name definitions.json | wc -l)
sql "TRUNCATE dynmod.module; DELETE FROM dynmod.module_type"
is "every type in sql/module_types is loaded" "$("$SQL_SOURCE/migrate.sh" '' | grep types)" \
    "dynmod: module types: $files added, 0 upgraded"
is "and stays unchanged" "$("$SQL_SOURCE/migrate.sh" '' | grep types)" \
    "dynmod: module types: 0 added, 0 upgraded"
tap_end
