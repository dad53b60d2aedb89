#!/bin/bash
# Who may do what: each group role has exactly its rights, and nobody else any.
set -eu
# shellcheck source=../lib/sql.sh
. "$(dirname "$0")/../lib/sql.sh"
sql_start
sql "CREATE ROLE web LOGIN IN ROLE dynmod_web; CREATE ROLE host LOGIN IN ROLE dynmod_host;
     CREATE ROLE admin LOGIN IN ROLE dynmod_admin;
     CREATE ROLE reader LOGIN IN ROLE dynmod_read; CREATE ROLE stranger LOGIN;
     INSERT INTO dynmod.module (app_id, type_name, definition)
         VALUES ($app_one, 'panels', '{\"key\":\"a\"}')"

as() { # as ROLE COMMAND...: runs it with this login
    PGUSER=$1 "${@:2}"
}
rights() { # rights ROLE: what it may do with tables, views and sequences; columns where only some
    sql "SELECT relname || ' ' || string_agg(right_name, ',' ORDER BY right_name)
         FROM pg_class CROSS JOIN LATERAL (
             SELECT 'r' AS right_name WHERE relkind <> 'S'
                 AND has_any_column_privilege('$1', pg_class.oid, 'SELECT')
             UNION ALL SELECT 'i' WHERE relkind <> 'S'
                 AND has_any_column_privilege('$1', pg_class.oid, 'INSERT')
             UNION ALL SELECT 'u' WHERE relkind <> 'S'
                 AND has_any_column_privilege('$1', pg_class.oid, 'UPDATE')
             UNION ALL SELECT 'x' WHERE relkind <> 'S'
                 AND has_any_column_privilege('$1', pg_class.oid, 'REFERENCES')
             UNION ALL SELECT 'd' WHERE relkind <> 'S'
                 AND has_table_privilege('$1', pg_class.oid, 'DELETE')
             UNION ALL SELECT 't' WHERE relkind <> 'S'
                 AND has_table_privilege('$1', pg_class.oid, 'TRUNCATE, TRIGGER')
             UNION ALL SELECT 'U' WHERE relkind = 'S'
                 AND has_sequence_privilege('$1', pg_class.oid, 'USAGE, SELECT, UPDATE')) AS one
         WHERE relnamespace = 'dynmod'::regnamespace AND relkind IN ('r', 'v', 'S', 'p', 'm', 'f')
         GROUP BY relname ORDER BY relname"
}
functions() { # functions ROLE: those it may execute
    sql "SELECT proname FROM pg_proc WHERE pronamespace = 'dynmod'::regnamespace
             AND has_function_privilege('$1', oid, 'EXECUTE') ORDER BY proname"
}
schema() { # schema ROLE: whether it may use the schema and create in it
    sql "SELECT has_schema_privilege('$1', 'dynmod', 'USAGE'),
                has_schema_privilege('$1', 'dynmod', 'CREATE')"
}
api='app_history
app_is_unchanged
current_version
find_app
find_app_for_registration
find_app_with_document
find_app_with_document_once
metrics
own_modules_at
register_modules
register_modules
remove_modules
remove_modules
replace_modules
use_token'

# ---- strangers ----
is "a stranger may not use the schema" "$(schema stranger)" "f|f"
is "nor any table" "$(rights stranger)" ""
is "nor any function" "$(functions stranger)" ""

# ---- the web program ----
is "the web role may use the schema" "$(schema web)" "t|f"
is "and no table, view or sequence" "$(rights web)" ""
is "and exactly these functions" "$(functions web)" "$api"
relations() { # relations KINDS: names of tables (r), views (v)
    sql "SELECT relname FROM pg_class
             WHERE relnamespace = 'dynmod'::regnamespace AND relkind = ANY ('$1')"
}
for relation in $(relations '{r,v}'); do
    as web sql_fails "web cannot read $relation" "SELECT FROM dynmod.$relation" 42501
done
for table in $(relations '{r}'); do
    as web sql_fails "web cannot write $table" "DELETE FROM dynmod.$table" 42501
done
as web sql_is "web can ask who is calling" \
    "SELECT state FROM dynmod.find_app('here', 'one')" enabled
as web sql_is "and for the document" \
    "SELECT document FROM dynmod.find_app_with_document('here', 'one', '{}')" '{"panels":[{"key": "a"}]}'
as web sql_is "and for what a registration needs" "SELECT modules::jsonb, types IS NOT NULL
    FROM dynmod.find_app_for_registration('here', 'one', NULL)" \
    '[{"key": "a", "type": "panels", "origin": "dynamic"}]|t'
as web sql_is "and register and remove" \
    "SELECT registered = 1 FROM dynmod.register_modules('here', 'one', '$(modules panels:b)');
     SELECT removed FROM dynmod.remove_modules('here', 'one', '{b}')" "t
1"
sql_is "the history names its login" \
    "SELECT DISTINCT actor FROM dynmod.module_event WHERE module_key = 'b'" web
as web sql_is "also where it claims to be somebody else" \
    "SET dynmod.actor = 'alice';
     SELECT registered FROM dynmod.register_modules('here', 'one', '$(modules panels:claimed)');
     SELECT removed FROM dynmod.remove_modules('here', 'one', '{claimed}')" "1
1"
sql_is "in a column of its own" \
    "SELECT DISTINCT actor, login FROM dynmod.module_event WHERE module_key = 'claimed'" "alice|web"
session_open holder
session holder "SET SESSION AUTHORIZATION web;
    SELECT pg_advisory_lock(hashtext('dynmod.migrate'))" >/dev/null
is "web cannot hold up migrations" \
    "$(timeout 30 "$SQL_TREE/migrate.sh" '' >/dev/null 2>&1; echo $?)" 0
session_close holder
as web sql_fails "nor by their table" \
    "BEGIN; LOCK TABLE dynmod.schema_version IN ACCESS SHARE MODE" 42501
as web sql_fails "web cannot install" "SELECT dynmod.install_app('here', '{}')" 42501
as web sql_fails "web cannot create in the schema" "CREATE TABLE dynmod.t ()" 42501
as web sql_is "objects in the way of names do not deceive the functions" \
    "CREATE TEMP TABLE app (); CREATE TEMP TABLE site ();
     CREATE FUNCTION pg_temp.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint';
     SET search_path = pg_temp, pg_catalog;
     SELECT state FROM dynmod.find_app('here', 'one')" enabled

# ---- the admin program ----
is "the host role may use the schema" "$(schema host)" "t|f"
is "and no table, view or sequence" "$(rights host)" ""
is "and exactly these functions" "$(functions host)" "add_site_key
advance_task
begin_installation
claim_callback
create_task
current_version
describe_apps
end_installation
find_administrator
find_app
find_host
find_property
find_public_key
find_task
finish_callback
list_properties
record_call
record_login
remove_property
set_app_state
set_property
types_document
use_token"
as host sql_fails "host makes no administrators" \
    "SELECT dynmod.set_administrator('me', 'x', false)" 42501
as host sql_fails "nor sees any" "SELECT FROM dynmod.administrator" 42501

# ---- readers ----
is "the read role may use the schema" "$(schema reader)" "t|f"
is "and read these" "$(rights reader)" "app r
app_event r
app_overview r
app_property r
history r
live_module r
module r
module_event r
module_type r
setting_event r
task r
waiting_callback r"
is "and no function" "$(functions reader)" ""
is "of tasks not what they keep of apps" "$(sql "SELECT attname FROM pg_attribute
    WHERE attrelid = 'dynmod.task'::regclass AND attnum > 0
      AND NOT has_column_privilege('reader', attrelid, attnum, 'SELECT')")" former
is "and all of app" "$(sql "SELECT attname FROM pg_attribute
    WHERE attrelid = 'dynmod.app'::regclass AND attnum > 0 AND NOT attisdropped
      AND NOT has_column_privilege('reader', attrelid, attnum, 'SELECT')")" ""
as reader sql_fails "a reader sees no secret" "SELECT secret FROM dynmod.app_secret" 42501
as reader sql_fails "and no digest" "SELECT digest FROM dynmod.app_secret" 42501
is "one table has secrets, and no view" "$(sql "SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'dynmod' AND column_name ~ 'secret'")" app_secret
as admin sql_fails "an operator sees none by plain SQL" "SELECT secret FROM dynmod.app_secret" 42501
as admin sql_fails "nor the private key of a site" "SELECT private_key FROM dynmod.site_key" 42501
as admin sql_is "but may ask for that of an app" \
    "SELECT shared_secret FROM dynmod.find_app('here', 'one')" "$(sql_secret one)"
as reader sql_is "a reader sees live modules and the overview" \
    "SELECT app_key, module_key FROM dynmod.live_module;
     SELECT app_key, dynamic_modules FROM dynmod.app_overview;
     SELECT document FROM dynmod.app" 'one|a
one|1
{"panels":[{"key": "a"}]}'

# ---- operators ----
is "the admin role may use the schema" "$(schema admin)" "t|f"
is "and read all, write these" "$(rights admin)" "administrator d,r
administrator_address d,r
app d,i,r,u
app_event r
app_overview r
app_property d,i,r,u
app_secret r
callback d,r
event_definition r
history r
history_start r
live_module r
login_failure d,r
module d,i,r,u
module_change r
module_event r
module_type d,i,r,u
revision U
schema_definition d,i,r,u
schema_version r
setting_event r
site d,i,r,u
site_key r
task r
types_version r
used_token r
waiting_callback r"
is "and execute the API's and the operator's functions" "$(functions admin)" "add_module_type
add_site_key
address
advance_task
app_history
app_is_unchanged
begin_installation
begin_rotation
claim_callback
compare_app
compute_document
create_task
current_version
end_installation
export_app
export_events
export_site
find_app
find_app_for_registration
find_app_with_document
find_app_with_document_once
find_host
find_task
finish_callback
import_app
import_events
import_site
install_app
list_secrets
metrics
modules_at
moment_after
own_modules_at
prune_history
record_call
register_modules
register_modules
remove_app
remove_module_type
remove_modules
remove_modules
remove_site
replace_modules
replace_secret
restore_modules
rotate_secret
set_administrator
set_app_state
set_type_dynamic
site_name
types_document
use_token"
as admin sql_is "an operator does by plain SQL what the tool does" \
    "INSERT INTO dynmod.site (name, base_url) VALUES ('s', 'http://s') RETURNING context_path;
     INSERT INTO dynmod.app (site_id, app_key, base_url, descriptor)
         SELECT id, 'a', 'http://a', '{}' FROM dynmod.site WHERE name = 's';
     UPDATE dynmod.app SET scopes = '{read}', state = 'disabled' WHERE app_key = 'a';
     INSERT INTO dynmod.module (app_id, type_name, definition)
         SELECT id, 'panels', '{\"key\":\"k\"}' FROM dynmod.app WHERE app_key = 'a';
     UPDATE dynmod.module SET definition = definition || '{\"x\":1}' WHERE module_key = 'k';
     SELECT state, scopes, document FROM dynmod.app WHERE app_key = 'a';
     UPDATE dynmod.module_type SET dynamic_override = true WHERE name = 'pages';
     DELETE FROM dynmod.module WHERE module_key = 'k';
     DELETE FROM dynmod.app WHERE app_key = 'a';
     DELETE FROM dynmod.site WHERE name = 's'" "
disabled|{READ}|{\"panels\":[{\"x\": 1, \"key\": \"k\"}]}"
as admin sql_is "and installs apps" "SELECT dynmod.install_app('here',
    '{\"key\":\"new\",\"baseUrl\":\"http://new\"}') ->> 'action'" installed
as admin sql_fails "an operator does not write documents" \
    "UPDATE dynmod.app SET document = '{}'" 42501
as admin sql_fails "nor revisions" "UPDATE dynmod.app SET revision = 1" 42501
as admin sql_fails "nor the version of the types" "UPDATE dynmod.types_version SET version = 1" 42501
as admin sql_fails "nor history" "INSERT INTO dynmod.module_event (operation, site_name, app_key,
    type_name, origin) VALUES ('insert', 's', 'a', 't', 'dynamic')" 42501
as admin sql_fails "nor what is behind it" "DELETE FROM dynmod.event_definition" 42501
as admin sql_fails "nor deletes it" "DELETE FROM dynmod.module_event" 42501
tap_end
