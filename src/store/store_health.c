/* What state the database is in, for the operator. */
#include "store/store_health.h"

#include <string.h>

#include "store/store_json.h"
#include "store/store_text.h"

#define UNDEFINED_TABLE "42P01" /* or no such schema */
#define INSUFFICIENT_PRIVILEGE "42501"

bool store_schema_version(struct database *database, struct arena *arena, const char **version,
                          struct fault *fault) {
    static const struct statement statement = {
        "schema_version", "SELECT max(version) FROM dynmod.schema_version", 0, STATEMENT_READS};
    PGresult *result;
    *version = NULL;
    if (!database_query(database, &statement, NULL, &result, fault))
        return strcmp(database_sqlstate(database), UNDEFINED_TABLE) == 0;
    *version = arena_text(arena, database_value(result, 0, 0));
    PQclear(result);
    return true;
}

bool store_lacks_rights(const struct database *database) {
    return strcmp(database_sqlstate(database), INSUFFICIENT_PRIVILEGE) == 0;
}

bool store_describe_server(struct database *database, struct arena *arena,
                           struct json_object **server, struct fault *fault) {
    static const struct statement statement = {
        "describe_server",
        "SELECT pg_catalog.json_build_object("
        "'version', pg_catalog.current_setting('server_version'),"
        " 'versionNumber', pg_catalog.current_setting('server_version_num')::integer,"
        " 'database', pg_catalog.current_database(), 'role', CURRENT_USER,"
        " 'superuser', pg_catalog.current_setting('is_superuser') = 'on',"
        " 'encoding', pg_catalog.current_setting('server_encoding'),"
        " 'readOnly', pg_catalog.current_setting('transaction_read_only') = 'on')",
        0, STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, server, fault);
}

#define API_FUNCTIONS                                                                              \
    "{find_app,find_app_with_document,find_app_with_document_once,app_is_unchanged,"               \
    "find_app_for_registration,register_modules,replace_modules,remove_modules}"
#define OPERATOR_FUNCTIONS                                                                         \
    "{install_app,set_app_state,rotate_secret,set_type_dynamic,types_document,begin_installation," \
    "claim_callback,add_site_key,set_administrator,compute_document,restore_modules}"

/* The functions among those of a parameter that the role may not execute, with whatever parameters,
 * as a JSON array. Asks the catalogue, because has_function_privilege() by name fails without
 * rights on the schema. */
#define MISSING_FUNCTIONS(parameter)                                                               \
    "(SELECT COALESCE(pg_catalog.json_agg(wanted.name ORDER BY wanted.name), '[]')"                \
    " FROM pg_catalog.unnest(" parameter "::text[]) AS wanted (name)"                              \
    " WHERE (SELECT pg_catalog.bool_and("                                                          \
    "pg_catalog.has_schema_privilege(pg_namespace.oid, 'USAGE')"                                   \
    " AND pg_catalog.has_function_privilege(pg_proc.oid, 'EXECUTE')) FROM pg_catalog.pg_proc"      \
    " JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_proc.pronamespace"                     \
    " WHERE nspname = 'dynmod' AND proname = wanted.name) IS NOT TRUE)"

#define TABLES_READ_BY_WEB                                                                         \
    "(SELECT COALESCE(pg_catalog.json_agg(relname ORDER BY relname), '[]') FROM"                   \
    " pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace"         \
    " JOIN pg_catalog.pg_roles ON rolname = 'dynmod_web'"                                          \
    " WHERE nspname = 'dynmod' AND relkind IN ('r', 'v')"                                          \
    " AND pg_catalog.has_any_column_privilege(pg_roles.oid, pg_class.oid, 'SELECT'))"

bool store_check_rights(struct database *database, struct arena *arena, struct json_object **rights,
                        struct fault *fault) {
    static const struct statement statement = {
        "check_rights",
        "SELECT pg_catalog.json_build_object('schema', EXISTS (SELECT FROM"
        " pg_catalog.pg_namespace WHERE nspname = 'dynmod'),"
        " 'api', " MISSING_FUNCTIONS("$1") ", 'operator', " MISSING_FUNCTIONS(
            "$2") ", 'web', " TABLES_READ_BY_WEB ")",
        2, STATEMENT_READS};
    static const char *const values[] = {API_FUNCTIONS, OPERATOR_FUNCTIONS};
    return store_query_json(database, arena, &statement, values, rights, fault);
}

bool store_check_ready(struct database *database, struct arena *arena, struct fault *fault) {
    static const struct statement statement = {
        "check_ready",
        "SELECT CASE WHEN pg_catalog.current_setting('transaction_read_only') = 'on'"
        " THEN 'the database is read-only'"
        " ELSE (SELECT 'the role may not execute ' || pg_catalog.string_agg(name, ', ')"
        " FROM pg_catalog.json_array_elements_text(" MISSING_FUNCTIONS("$1") ") AS missing (name))"
                                                                             " END",
        1, STATEMENT_READS};
    static const char *const values[] = {API_FUNCTIONS};
    const char *lacking;
    if (!store_query_text(database, arena, &statement, values, &lacking, fault))
        return false;
    return lacking == NULL || fault_set(fault, FAULT_UNAVAILABLE, "%s", lacking);
}

bool store_read_metrics(struct database *database, struct arena *arena,
                        struct json_object **figures, struct fault *fault) {
    static const struct statement statement = {"metrics", "SELECT dynmod.metrics()", 0,
                                               STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, figures, fault);
}

bool store_disabled_triggers(struct database *database, struct arena *arena,
                             struct json_object **triggers, struct fault *fault) {
    static const struct statement statement = {
        "disabled_triggers",
        "SELECT COALESCE(pg_catalog.json_agg(tgname ORDER BY tgname), '[]')"
        " FROM pg_catalog.pg_trigger JOIN pg_catalog.pg_class ON pg_class.oid = tgrelid"
        " JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE nspname = 'dynmod' AND NOT tgisinternal AND tgenabled NOT IN ('O', 'A')",
        0, STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, triggers, fault);
}

bool store_all_modules(struct database *database, struct arena *arena, struct json_object **apps,
                       struct fault *fault) {
    static const struct statement statement = {
        "all_modules",
        "SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('site', site.name,"
        " 'key', app.app_key, 'scopes', app.scopes, 'modules', COALESCE((SELECT"
        " pg_catalog.json_agg(pg_catalog.json_build_object('type', module.type_name,"
        " 'origin', module.origin, 'definition', module.definition) ORDER BY module.id)"
        " FROM dynmod.module WHERE module.app_id = app.id), '[]'))"
        " ORDER BY site.name, app.app_key), '[]')"
        " FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id",
        0, STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, apps, fault);
}

bool store_stale_documents(struct database *database, struct arena *arena,
                           struct json_object **apps, struct fault *fault) {
    static const struct statement statement = {
        "stale_documents",
        "SELECT COALESCE(pg_catalog.json_agg(pg_catalog.concat(app.app_key, ' on the site ',"
        " site.name) ORDER BY site.name, app.app_key), '[]')"
        " FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id"
        " CROSS JOIN LATERAL dynmod.compute_document(app.id) AS computed"
        " WHERE app.document <> computed.document",
        0, STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, apps, fault);
}

const char store_compute_documents[] =
    "UPDATE dynmod.app SET document = (dynmod.compute_document(id)).document,"
    " revision = nextval('dynmod.revision')"
    " WHERE document <> (dynmod.compute_document(id)).document";
