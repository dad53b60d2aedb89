/* The module types, for the operator. */
#include "store/store_module_type.h"

#include <string.h>

#include "store/store_json.h"
#include "store/store_modules.h"

/* The members behind it need the closing parenthesis. */
#define TYPE_OBJECT                                                                                \
    "pg_catalog.json_build_object('name', name, 'title', title, 'container', container,"           \
    " 'dynamic', COALESCE(dynamic_override, dynamic_default), 'override', dynamic_override,"       \
    " 'requiredScope', required_scope, 'deprecated', deprecated, 'origin', origin, 'modules',"     \
    " (SELECT count(*) FROM dynmod.module WHERE module.type_name = module_type.name)"

static bool unknown_type(const char *name, struct fault *fault) {
    return fault_set(fault, FAULT_NOT_FOUND,
                     "the module type \"%s\" does not exist; dynmodctl type list shows all", name);
}

bool store_types_document(struct database *database, struct arena *arena, const char **types,
                          struct fault *fault) {
    static const struct statement statement = {"types_document", "SELECT dynmod.types_document()",
                                               0, STATEMENT_READS};
    PGresult *result;
    if (!database_query(database, &statement, NULL, &result, fault))
        return false;
    *types = arena_text(arena, database_value(result, 0, 0));
    PQclear(result);
    return true;
}

bool store_list_types(struct database *database, struct arena *arena, struct json_object **types,
                      struct fault *fault) {
    static const struct statement statement = {"list_types",
                                               "SELECT COALESCE(pg_catalog.json_agg(" TYPE_OBJECT
                                               ") ORDER BY name), '[]')"
                                               " FROM dynmod.module_type",
                                               0, STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, types, fault);
}

bool store_show_type(struct database *database, struct arena *arena, const char *name,
                     struct json_object **type, struct fault *fault) {
    static const struct statement statement = {
        "show_type",
        "SELECT " TYPE_OBJECT ", 'schema', schema) FROM dynmod.module_type WHERE name = $1", 1,
        STATEMENT_READS};
    if (!store_query_json(database, arena, &statement, &name, type, fault))
        return false;
    return *type != NULL || unknown_type(name, fault);
}

bool store_allow_type(struct database *database, const char *name, bool allowed,
                      struct fault *fault) {
    static const struct statement statement = {
        "allow_type", "SELECT dynmod.set_type_dynamic($1, $2)", 2, STATEMENT_REPEATABLE};
    PGresult *result;
    const char *const values[] = {name, allowed ? "true" : "false"};
    if (!database_query(database, &statement, values, &result, fault))
        return strcmp(database_sqlstate(database), STORE_TYPE_NOT_DYNAMIC) == 0
                   ? unknown_type(name, fault)
                   : false;
    PQclear(result);
    return true;
}

bool store_add_type(struct database *database, struct arena *arena, const char *type,
                    const char **done, struct fault *fault) {
    static const struct statement statement = {"add_type", "SELECT dynmod.add_module_type($1)", 1,
                                               STATEMENT_ONCE};
    PGresult *result;
    if (!database_query(database, &statement, &type, &result, fault))
        return false;
    *done = arena_text(arena, database_value(result, 0, 0));
    PQclear(result);
    return true;
}
