/* Finding an app by its site and key, with what one request needs of it. */
#include "store/store_find.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "store/store_array.h"

/* The columns that all statements begin with. */
enum { SITE, CONTEXT_PATH, STATE, SHARED_SECRET, FORMER_SECRET, STANDING, COMMON_COLUMNS };

#define SELECT_FOUND "SELECT site_name, context_path, state, shared_secret, former_secret"
#define SELECT_COMMON SELECT_FOUND ", standing"

static void clear(void *result) {
    PQclear(result);
}

/* Runs the statement and reads the common columns. The arena owns *result, and so its texts. */
static bool find(struct database *database, struct arena *arena, const struct statement *statement,
                 const char *const *values, struct app *app, PGresult **result,
                 struct fault *fault) {
    if (!database_query(database, statement, values, result, fault))
        return false;
    arena_keep(arena, clear, *result);
    *app = (struct app){.key = values[1]};
    if (PQntuples(*result) != 1) {
        if (strncmp(values[0], "//", 2) == 0)
            return fault_set(fault, FAULT_NOT_FOUND,
                             "no site has the base URL http(s):%s; dynmodctl site add makes one",
                             values[0]);
        return fault_set(fault, FAULT_UNAVAILABLE,
                         "the database has no site \"%s\"; dynmodctl site add makes one",
                         values[0]);
    }
    app->site = database_value(*result, 0, SITE);
    app->context_path = database_value(*result, 0, CONTEXT_PATH);
    app->state = database_value(*result, 0, STATE);
    app->shared_secret = database_value(*result, 0, SHARED_SECRET);
    app->former_secret = database_value(*result, 0, FORMER_SECRET);
    app->standing = database_value(*result, 0, STANDING);
    return true;
}

bool store_find_app(struct database *database, struct arena *arena, const char *site,
                    const char *app_key, struct app *app, struct fault *fault) {
    static const struct statement statement = {
        "find_app", SELECT_COMMON " FROM dynmod.find_app($1, $2)", 2, STATEMENT_READS};
    PGresult *result;
    return find(database, arena, &statement, (const char *[]){site, app_key}, app, &result, fault);
}

bool store_find_app_with_document(struct database *database, struct arena *arena, const char *site,
                                  const char *app_key, const struct app_texts *known,
                                  struct app *app, struct fault *fault) {
    static const struct statement lasting = {"find_app_with_document",
                                             SELECT_COMMON
                                             ", revision, document, app_id, app_version"
                                             " FROM dynmod.find_app_with_document($1, $2, $3)",
                                             3, STATEMENT_READS};
    static const struct statement once = {"find_app_with_document_once",
                                          SELECT_FOUND
                                          ", NULL, revision, document, NULL, NULL"
                                          " FROM dynmod.find_app_with_document_once($1, $2, $3)",
                                          3, STATEMENT_READS};
    enum { REVISION = COMMON_COLUMNS, DOCUMENT, APP_ID, APP_VERSION };
    PGresult *result;
    const char *const values[] = {site, app_key, store_array(arena, known)};
    if (!find(database, arena, database_is_short_lived(database) ? &once : &lasting, values, app,
              &result, fault))
        return false;
    app->revision = database_value(result, 0, REVISION);
    app->document = database_value(result, 0, DOCUMENT);
    app->id = database_value(result, 0, APP_ID);
    app->version = database_value(result, 0, APP_VERSION);
    return true;
}

bool store_app_is_unchanged(struct database *database, const struct app *app, bool *unchanged,
                            struct fault *fault) {
    static const struct statement statement = {
        "app_is_unchanged", "SELECT dynmod.app_is_unchanged($1, $2)", 2, STATEMENT_READS};
    PGresult *result;
    const char *const values[] = {app->id, app->version};
    if (!database_query(database, &statement, values, &result, fault))
        return false;
    *unchanged = strcmp(database_value(result, 0, 0), "t") == 0;
    PQclear(result);
    return true;
}

/* Decodes the array of {"type","key","origin"}, or NULL, that the database gives. */
static bool read_modules(struct arena *arena, const char *text, struct app *app,
                         struct fault *fault) {
    struct json_object *modules;
    if (text == NULL)
        return true;
    if (!json_parse_stored(arena, text, &modules, fault))
        return false;
    app->module_count = json_object_array_length(modules);
    app->modules = arena_alloc(arena, app->module_count * sizeof *app->modules);
    for (size_t i = 0; i < app->module_count; i++) {
        struct json_object *module = json_object_array_get_idx(modules, i);
        app->modules[i] = (struct app_module){
            .type = json_member_text(module, "type"),
            .key = json_member_text(module, "key"),
            .dynamic = strcmp(json_member_text(module, "origin"), "dynamic") == 0,
        };
    }
    return true;
}

static bool read_scopes(struct arena *arena, const char *text, struct app *app,
                        struct fault *fault) {
    struct json_object *scopes;
    if (text == NULL)
        return true;
    if (!json_parse_stored(arena, text, &scopes, fault))
        return false;
    app->scopes.list = json_strings(arena, scopes, &app->scopes.count);
    return true;
}

bool store_find_app_for_registration(struct database *database, struct arena *arena,
                                     const char *site, const char *app_key, int64_t known_version,
                                     struct app *app, struct store_types *types,
                                     struct fault *fault) {
    enum { SCOPES = COMMON_COLUMNS, MODULES, MODULE_LIMIT, TYPES_VERSION, TYPES };
    static const struct statement statement = {
        "find_app_for_registration",
        SELECT_COMMON ", pg_catalog.array_to_json(scopes), modules, module_limit, types_version,"
                      " types FROM dynmod.find_app_for_registration($1, $2, $3)",
        3, STATEMENT_READS};
    PGresult *result;
    const char *const values[] = {site, app_key, arena_format(arena, "%" PRId64, known_version)};
    if (!find(database, arena, &statement, values, app, &result, fault))
        return false;
    const char *limit = database_value(result, 0, MODULE_LIMIT);
    const char *version = database_value(result, 0, TYPES_VERSION);
    app->module_limit = limit == NULL ? 0 : strtol(limit, NULL, 10);
    types->version = version == NULL ? 0 : strtoll(version, NULL, 10);
    types->json = database_value(result, 0, TYPES);
    return read_scopes(arena, database_value(result, 0, SCOPES), app, fault) &&
           read_modules(arena, database_value(result, 0, MODULES), app, fault);
}
