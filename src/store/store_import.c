/* What an import asks of the database, and what it brings in. */
#include "store/store_import.h"

#include <stdlib.h>
#include <string.h>

#include "store/store_json.h"
#include "store/store_text.h"

bool store_find_sites(struct database *database, struct arena *arena, const char *name,
                      const char *client_key, const char *base_url, struct json_object **found,
                      struct fault *fault) {
    static const struct statement statement = {
        "find_sites",
        "SELECT CASE WHEN dynmod.address($3) IS NOT NULL"
        " THEN COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('name', name,"
        " 'clientKey', client_key, 'baseUrl', base_url,"
        " 'sameAddress', address = dynmod.address($3), 'moduleLimit', module_limit,"
        " 'byteLimit', byte_limit, 'moduleByteLimit', module_byte_limit) ORDER BY name), '[]') END"
        " FROM dynmod.site"
        " WHERE name = $1 OR client_key = $2 OR address = dynmod.address($3)",
        3, STATEMENT_READS};
    const char *const values[] = {name, client_key, base_url};
    return store_query_json(database, arena, &statement, values, found, fault);
}

bool store_key_is_taken(struct database *database, const char *site, const char *kid, bool *taken,
                        struct fault *fault) {
    static const struct statement statement = {
        "key_is_taken",
        "SELECT EXISTS (SELECT FROM dynmod.site_key JOIN dynmod.site ON site.id = site_key.site_id"
        " WHERE site_key.kid = $2 AND site.name <> $1)",
        2, STATEMENT_READS};
    const char *const values[] = {site, kid};
    return store_query_truth(database, &statement, values, taken, fault);
}

bool store_import_site(struct database *database, const char *site, const char *settings,
                       const char *keys, bool *added, struct fault *fault) {
    static const struct statement statement = {
        "import_site", "SELECT dynmod.import_site($1, $2, $3)", 3, STATEMENT_ONCE};
    const char *const values[] = {site, settings, keys};
    return store_query_truth(database, &statement, values, added, fault);
}

static bool read_outcome(const char *name, enum store_import_outcome *outcome,
                         struct fault *fault) {
    static const char *const names[STORE_IMPORT_OUTCOMES] = {
        [STORE_IMPORT_NEW] = "new",
        [STORE_IMPORT_EQUAL] = "equal",
        [STORE_IMPORT_DIFFERENT] = "different",
        [STORE_IMPORT_SECRET] = "secret",
    };
    for (*outcome = 0; name != NULL && *outcome < STORE_IMPORT_OUTCOMES; (*outcome)++)
        if (strcmp(names[*outcome], name) == 0)
            return true;
    return fault_set(fault, FAULT_INTERNAL, "the database does not say what it found of the app");
}

static long number_at(const PGresult *result, int column) {
    const char *value = database_value(result, 0, column);
    return value == NULL ? 0 : strtol(value, NULL, 10);
}

/* Runs a statement that answers with an outcome. */
static bool query_outcome(struct database *database, const struct statement *statement,
                          const char *const *values, enum store_import_outcome *outcome,
                          PGresult **result, struct fault *fault) {
    return database_query(database, statement, values, result, fault) &&
           read_outcome(database_value(*result, 0, 0), outcome, fault);
}

bool store_compare_app(struct database *database, const char *site,
                       const struct store_moved_app *app, enum store_import_outcome *outcome,
                       long *bytes, long *largest, struct fault *fault) {
    static const struct statement statement = {
        "compare_app", "SELECT outcome, bytes, largest FROM dynmod.compare_app($1, $2, $3, $4, $5)",
        5, STATEMENT_READS};
    const char *const values[] = {site, app->key, app->lines, app->secret, app->former_secret};
    PGresult *result = NULL;
    bool ok = query_outcome(database, &statement, values, outcome, &result, fault);
    if (ok) {
        *bytes = number_at(result, 1);
        *largest = number_at(result, 2);
    }
    PQclear(result);
    return ok;
}

bool store_import_app(struct database *database, const char *site,
                      const struct store_moved_app *app, enum store_import_outcome *outcome,
                      struct fault *fault) {
    static const struct statement statement = {
        "import_app", "SELECT outcome FROM dynmod.import_app($1, $2, $3, $4, $5, $6)", 6,
        STATEMENT_ONCE};
    const char *const values[] = {site,        app->key,           app->lines,
                                  app->secret, app->former_secret, app->former_until};
    PGresult *result = NULL;
    bool ok = query_outcome(database, &statement, values, outcome, &result, fault);
    PQclear(result);
    return ok;
}

bool store_import_events(struct database *database, const char *site, const char *app_key,
                         const char *lines, long *imported, struct fault *fault) {
    static const struct statement statement = {
        "import_events", "SELECT imported FROM dynmod.import_events($1, $2, $3)", 3,
        STATEMENT_ONCE};
    const char *const values[] = {site, app_key, lines};
    PGresult *result;
    if (!database_query(database, &statement, values, &result, fault))
        return false;
    *imported = number_at(result, 0);
    PQclear(result);
    return true;
}
