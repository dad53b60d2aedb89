/* The removal of what the operator does not need any more, and what goes with it. */
#include "store/store_removal.h"

#include "json/json.h"
#include "store/store_json.h"
#include "store/store_missing.h"
#include "store/store_text.h"

bool store_count_contents(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, struct json_object **contents, struct fault *fault) {
    static const struct statement statement = {
        "count_contents",
        "WITH app AS (SELECT app.id FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id"
        " WHERE site.name = $1 AND ($2::text IS NULL OR app.app_key = $2)),"
        " module AS (SELECT module.origin FROM dynmod.module JOIN app ON app.id = module.app_id)"
        " SELECT pg_catalog.json_build_object('apps', (SELECT count(*) FROM app),"
        " 'dynamicModules', (SELECT count(*) FROM module WHERE origin = 'dynamic'),"
        " 'descriptorModules', (SELECT count(*) FROM module WHERE origin = 'descriptor'),"
        " 'properties', (SELECT count(*) FROM dynmod.app_property"
        " WHERE app_id IN (SELECT id FROM app)),"
        " 'waitingCalls', (SELECT count(*) FROM dynmod.callback"
        " WHERE app_id IN (SELECT id FROM app)))"
        " FROM dynmod.site WHERE name = $1",
        2, STATEMENT_READS};
    const char *const values[] = {site, app_key};
    if (!store_query_json(database, arena, &statement, values, contents, fault))
        return false;
    if (*contents == NULL)
        return store_missing_site(site, fault);
    bool empty = json_object_get_int64(json_member(*contents, "apps")) == 0;
    return app_key == NULL || !empty || store_missing_app(site, app_key, fault);
}

bool store_remove_site(struct database *database, const char *site, struct fault *fault) {
    static const struct statement statement = {"remove_site", "SELECT dynmod.remove_site($1)", 1,
                                               STATEMENT_ONCE};
    return store_execute(database, &statement, &site, fault) ||
           (fault->kind == FAULT_NOT_FOUND && store_missing_site(site, fault));
}

bool store_remove_app(struct database *database, const char *site, const char *app_key,
                      struct fault *fault) {
    static const struct statement statement = {"remove_app", "SELECT dynmod.remove_app($1, $2)", 2,
                                               STATEMENT_ONCE};
    const char *const values[] = {site, app_key};
    return store_execute(database, &statement, values, fault) ||
           (fault->kind == FAULT_NOT_FOUND && store_missing_app(site, app_key, fault));
}

bool store_remove_type(struct database *database, const char *name, struct fault *fault) {
    static const struct statement statement = {
        "remove_type", "SELECT dynmod.remove_module_type($1)", 1, STATEMENT_ONCE};
    return store_execute(database, &statement, &name, fault);
}
