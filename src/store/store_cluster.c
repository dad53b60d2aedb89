/* Roles, owners and rights around the schema, as the catalogue of PostgreSQL tells everybody. */
#include "store/store_cluster.h"

#include <stdlib.h>

#include "store/store_json.h"
#include "store/store_text.h"

#define MISSING_ROLES                                                                              \
    "(SELECT COALESCE(pg_catalog.json_agg(wanted.name ORDER BY wanted.name), '[]') FROM"           \
    " (VALUES ('dynmod_owner'), ('dynmod_web'), ('dynmod_host'), ('dynmod_admin'),"                \
    " ('dynmod_read')) AS wanted (name) WHERE pg_catalog.to_regrole(wanted.name) IS NULL)"

/* The roles that the group roles of the programs have been granted to, except superusers. */
#define PROGRAM_ROLES                                                                              \
    " FROM pg_catalog.pg_roles AS program JOIN pg_catalog.pg_roles AS its_group ON"                \
    " its_group.rolname IN ('dynmod_web', 'dynmod_host') AND its_group.oid <> program.oid"         \
    " AND pg_catalog.pg_has_role(program.oid, its_group.oid, 'MEMBER')"                            \
    " WHERE NOT program.rolsuper"

/* A group between a login and one of ours need not log in. */
#define LOCKED_OUT                                                                                 \
    "(SELECT COALESCE(pg_catalog.json_agg(DISTINCT program.rolname), '[]')" PROGRAM_ROLES          \
    " AND NOT program.rolcanlogin AND NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members"          \
    " WHERE roleid = program.oid))"

/* A time limit counts when the role, the database or the server's configuration sets one. */
#define IS_LIMITED                                                                                 \
    "(EXISTS (SELECT FROM pg_catalog.pg_db_role_setting"                                           \
    " LEFT JOIN pg_catalog.pg_database ON pg_database.oid = setdatabase"                           \
    " CROSS JOIN LATERAL pg_catalog.unnest(setconfig) AS assignment (text)"                        \
    " WHERE setrole IN (0, program.oid) AND (setdatabase = 0 OR datname = $1)"                     \
    " AND assignment.text LIKE time_limit.name || '=%'"                                            \
    " AND assignment.text !~ '=0[a-z]*$')"                                                         \
    " OR EXISTS (SELECT FROM pg_catalog.pg_settings WHERE pg_settings.name = time_limit.name"      \
    " AND source IN ('configuration file', 'command line') AND setting <> '0'))"

#define UNLIMITED                                                                                  \
    "(SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('role', role,"              \
    " 'settings', settings) ORDER BY role), '[]') FROM (SELECT program.rolname AS role,"           \
    " pg_catalog.json_agg(DISTINCT time_limit.name) AS settings" PROGRAM_TIME_LIMITS               \
    " GROUP BY program.rolname) AS lacking)"
#define PROGRAM_TIME_LIMITS                                                                        \
    " FROM (SELECT program.oid, program.rolname, its_group.rolname AS group_name" PROGRAM_ROLES    \
    " AND program.rolcanlogin) AS program"                                                         \
    " JOIN (VALUES ('dynmod_web', 'statement_timeout'), ('dynmod_web', 'lock_timeout'),"           \
    " ('dynmod_web', 'idle_in_transaction_session_timeout'),"                                      \
    " ('dynmod_host', 'statement_timeout')) AS time_limit (group_name, name)"                      \
    " USING (group_name) WHERE NOT " IS_LIMITED

bool store_inspect_roles(struct database *database, struct arena *arena, const char *name,
                         const char *login, struct json_object **roles, struct fault *fault) {
    static const struct statement statement = {
        "inspect_roles",
        "SELECT pg_catalog.json_build_object('missing', " MISSING_ROLES ", 'database', EXISTS"
        " (SELECT FROM pg_catalog.pg_database WHERE datname = $1), 'login',"
        " (SELECT rolcanlogin FROM pg_catalog.pg_roles WHERE rolname = $2),"
        " 'lockedOut', " LOCKED_OUT ", 'unlimited', " UNLIMITED ")",
        2, STATEMENT_READS};
    const char *const values[] = {name, login};
    return store_query_json(database, arena, &statement, values, roles, fault);
}

#define SUPERUSERS_OBJECTS                                                                         \
    "(SELECT pg_catalog.count(*) FROM (SELECT nspowner AS owner FROM namespace UNION ALL"          \
    " SELECT proowner FROM pg_catalog.pg_proc JOIN namespace ON pronamespace = namespace.oid"      \
    " UNION ALL SELECT relowner FROM pg_catalog.pg_class JOIN namespace"                           \
    " ON relnamespace = namespace.oid WHERE relkind IN ('r', 'v', 'S')) AS object"                 \
    " JOIN pg_catalog.pg_roles ON pg_roles.oid = object.owner WHERE rolsuper)"

/* What sql/grants.sql gives to each group, as far as nothing works without it. */
#define GRANTED_FUNCTIONS                                                                          \
    "('dynmod_web', '{current_version,find_app,find_app_with_document,"                            \
    "find_app_with_document_once,app_is_unchanged,find_app_for_registration,register_modules,"     \
    "replace_modules,remove_modules,use_token}'::text[]),"                                         \
    " ('dynmod_host', '{current_version,find_app,types_document,find_host,begin_installation,"     \
    "end_installation,record_call,claim_callback,finish_callback,find_administrator}'),"           \
    " ('dynmod_admin', '{install_app,set_app_state,rotate_secret,types_document,"                  \
    "begin_installation,claim_callback,add_site_key,set_administrator}')"

#define REVOKED                                                                                    \
    "(SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('group', group_name,"       \
    " 'functions', functions) ORDER BY group_name), '[]') FROM (SELECT granted.group_name,"        \
    " pg_catalog.json_agg(DISTINCT proname) AS functions FROM (VALUES " GRANTED_FUNCTIONS          \
    ") AS granted (group_name, functions) JOIN pg_catalog.pg_roles ON rolname = group_name"        \
    " CROSS JOIN namespace JOIN pg_catalog.pg_proc ON pronamespace = namespace.oid"                \
    " AND proname = ANY (granted.functions)"                                                       \
    " WHERE NOT (pg_catalog.has_schema_privilege(pg_roles.oid, namespace.oid, 'USAGE')"            \
    " AND pg_catalog.has_function_privilege(pg_roles.oid, pg_proc.oid, 'EXECUTE'))"                \
    " GROUP BY granted.group_name) AS lacking)"

bool store_inspect_schema(struct database *database, struct arena *arena,
                          struct json_object **schema, struct fault *fault) {
    static const struct statement statement = {
        "inspect_schema",
        "WITH namespace AS (SELECT oid, nspowner FROM pg_catalog.pg_namespace"
        " WHERE nspname = 'dynmod')"
        " SELECT pg_catalog.json_build_object('present', EXISTS (SELECT FROM namespace), 'owner',"
        " (SELECT rolname FROM namespace JOIN pg_catalog.pg_roles ON pg_roles.oid = nspowner"
        " WHERE rolsuper), 'superuserOwned', " SUPERUSERS_OBJECTS ", 'revoked', " REVOKED ")",
        0, STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, schema, fault);
}

#define NUMBER_OF(table) "(SELECT COALESCE(max(id) - min(id) + 1, 0) FROM dynmod." table ")"

bool store_inspect_history(struct database *database, struct arena *arena, long most,
                           struct json_object **history, struct fault *fault) {
    static const struct statement statement = {
        "inspect_history",
        "SELECT pg_catalog.json_build_object('events', " NUMBER_OF("module_change") " + " NUMBER_OF(
            "app_event") ", 'bytes', (SELECT sum(pg_catalog.pg_total_relation_size(pg_class.oid))"
                         " FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace"
                         " ON pg_namespace.oid = relnamespace WHERE nspname = 'dynmod'"
                         " AND relname IN ('module_change', 'app_event', 'event_definition')),"
                         " 'days', (SELECT GREATEST(floor(extract(epoch FROM"
                         " pg_catalog.now() - happened_at) / 86400), 0) FROM dynmod.module_change"
                         " WHERE id > (SELECT max(id) FROM dynmod.module_change) - $1::bigint"
                         " ORDER BY id LIMIT 1))",
        1, STATEMENT_READS};
    const char *const values[] = {arena_format(arena, "%ld", most)};
    return store_query_json(database, arena, &statement, values, history, fault);
}

bool store_differing_types(struct database *database, struct arena *arena, const char *builtin,
                           struct json_object **names, struct fault *fault) {
    static const struct statement statement = {
        "differing_types",
        "SELECT COALESCE(pg_catalog.json_agg(name ORDER BY name), '[]') FROM"
        " (SELECT file.type ->> 'name' AS name FROM"
        " pg_catalog.jsonb_array_elements($1::jsonb -> 'types') AS file (type)"
        " LEFT JOIN dynmod.module_type ON module_type.name = file.type ->> 'name'"
        " WHERE module_type.name IS NULL"
        " OR (module_type.origin = 'builtin' AND module_type.loaded <> file.type)"
        " UNION ALL SELECT file.name FROM"
        " pg_catalog.jsonb_each($1::jsonb -> 'definitions') AS file (name, schema)"
        " LEFT JOIN dynmod.schema_definition ON schema_definition.name = file.name"
        " WHERE schema_definition.name IS NULL"
        " OR schema_definition.loaded <> file.schema) AS differing",
        1, STATEMENT_READS};
    const char *const values[] = {builtin};
    return store_query_json(database, arena, &statement, values, names, fault);
}

bool store_clock(struct database *database, struct arena *arena, long *seconds,
                 struct fault *fault) {
    static const struct statement statement = {
        "clock", "SELECT floor(extract(epoch FROM pg_catalog.clock_timestamp()))::bigint", 0,
        STATEMENT_READS};
    const char *text;
    if (!store_query_text(database, arena, &statement, NULL, &text, fault))
        return false;
    *seconds = strtol(text, NULL, 10);
    return true;
}

bool store_data_directory(struct database *database, struct arena *arena, const char **directory,
                          struct fault *fault) {
    static const struct statement statement = {
        "data_directory",
        "SELECT (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'data_directory')", 0,
        STATEMENT_READS};
    return store_query_text(database, arena, &statement, NULL, directory, fault);
}
