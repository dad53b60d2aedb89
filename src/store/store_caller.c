/* Who is calling, and what the resources need to know of that app. */
#include "store/store_caller.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/store_schema.h"

/* The columns that all three statements begin with. */
enum { SCHEMA_VERSION, CONTEXT_PATH, APP_ID, STATE, SHARED_SECRET, COMMON_COLUMNS };

#define SELECT_COMMON "SELECT schema_version, context_path, app_id, state, shared_secret"

/* Runs the statement and reads the common columns. On success the caller clears *result. */
static bool find(struct database *database, struct arena *arena, const struct statement *statement,
                 const char *const *values, struct caller *caller, PGresult **result,
                 struct fault *fault) {
    if (!database_query(database, statement, values, result, fault))
        return false;
    *caller = (struct caller){.app_key = values[1]};
    if (PQntuples(*result) != 1)
        fault_set(fault, FAULT_UNAVAILABLE,
                  "the database has no site \"%s\"; dynmodctl site add makes one", values[0]);
    else if (store_schema_fits(database_value(*result, 0, SCHEMA_VERSION), fault)) {
        caller->context_path = arena_text(arena, database_value(*result, 0, CONTEXT_PATH));
        caller->app_id = arena_text(arena, database_value(*result, 0, APP_ID));
        caller->state = arena_text(arena, database_value(*result, 0, STATE));
        caller->shared_secret = arena_text(arena, database_value(*result, 0, SHARED_SECRET));
        return true;
    }
    PQclear(*result);
    return false;
}

bool store_find_caller(struct database *database, struct arena *arena, const char *site,
                       const char *app_key, struct caller *caller, struct fault *fault) {
    static const struct statement statement = {
        "find_caller", SELECT_COMMON " FROM dynmod.find_caller($1, $2)", 2, false};
    PGresult *result;
    if (!find(database, arena, &statement, (const char *[]){site, app_key}, caller, &result, fault))
        return false;
    PQclear(result);
    return true;
}

bool store_find_caller_with_document(struct database *database, struct arena *arena,
                                     const char *site, const char *app_key, struct caller *caller,
                                     struct fault *fault) {
    static const struct statement statement = {
        "find_caller_with_document",
        SELECT_COMMON ", revision, document FROM dynmod.find_caller_with_document($1, $2)", 2,
        false};
    PGresult *result;
    if (!find(database, arena, &statement, (const char *[]){site, app_key}, caller, &result, fault))
        return false;
    caller->revision = arena_text(arena, database_value(result, 0, COMMON_COLUMNS));
    caller->document = arena_text(arena, database_value(result, 0, COMMON_COLUMNS + 1));
    PQclear(result);
    return true;
}

bool store_find_caller_for_registration(struct database *database, struct arena *arena,
                                        const char *site, const char *app_key,
                                        int64_t known_types_version, struct caller *caller,
                                        struct fault *fault) {
    static const struct statement statement = {
        "find_caller_for_registration",
        SELECT_COMMON ", scopes, modules, module_limit, types_version, types"
                      " FROM dynmod.find_caller_for_registration($1, $2, $3)",
        3, false};
    char version[24];
    snprintf(version, sizeof version, "%" PRId64, known_types_version);
    PGresult *result;
    if (!find(database, arena, &statement, (const char *[]){site, app_key, version}, caller,
              &result, fault))
        return false;
    caller->scopes = arena_text(arena, database_value(result, 0, COMMON_COLUMNS));
    caller->modules = arena_text(arena, database_value(result, 0, COMMON_COLUMNS + 1));
    if (caller->app_id != NULL) {
        caller->module_limit = strtol(database_value(result, 0, COMMON_COLUMNS + 2), NULL, 10);
        caller->types_version = strtoll(database_value(result, 0, COMMON_COLUMNS + 3), NULL, 10);
    }
    caller->types = arena_text(arena, database_value(result, 0, COMMON_COLUMNS + 4));
    PQclear(result);
    return true;
}
