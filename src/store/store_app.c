/* The apps on a site and their life, for the operator. */
#include "store/store_app.h"

#include <string.h>

#include "base/log.h"
#include "store/store_json.h"
#include "store/store_missing.h"
#include "store/store_modules.h"
#include "store/store_request.h"
#include "store/store_text.h"

/* The members behind it need the closing parenthesis. */
#define APP_OBJECT                                                                                 \
    "pg_catalog.json_build_object('key', app.app_key, 'name', app.name, 'site', site.name,"        \
    " 'siteBaseUrl', site.base_url, 'clientKey', site.client_key, 'baseUrl', app.base_url,"        \
    " 'state', app.state, 'scopes', app.scopes,"                                                   \
    " 'descriptorModules', (SELECT count(*) FROM dynmod.module"                                    \
    " WHERE module.app_id = app.id AND module.origin = 'descriptor'),"                             \
    " 'dynamicModules', (SELECT count(*) FROM dynmod.module"                                       \
    " WHERE module.app_id = app.id AND module.origin = 'dynamic'),"                                \
    " 'dynamicBytes', (SELECT COALESCE(sum(pg_catalog.octet_length(module.definition::text)), 0)"  \
    " FROM dynmod.module WHERE module.app_id = app.id AND module.origin = 'dynamic'),"             \
    " 'byteLimit', site.byte_limit, 'historyBytes', app.history_bytes,"                            \
    " 'moduleLimit', site.module_limit, 'installedAt', app.installed_at,"                          \
    " 'changedAt', app.changed_at, 'modulesChangedAt', app.modules_changed_at"

#define APP_AND_SITE                                                                               \
    " FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id"                                   \
    " WHERE site.name = $1 AND app.app_key = $2"

bool store_list_apps(struct database *database, struct arena *arena, const char *site,
                     struct json_object **apps, struct fault *fault) {
    static const struct statement statement = {
        "list_apps",
        "SELECT COALESCE((SELECT pg_catalog.json_agg(" APP_OBJECT ") ORDER BY app.app_key)"
        " FROM dynmod.app WHERE app.site_id = site.id), '[]')"
        " FROM dynmod.site WHERE site.name = $1",
        1, STATEMENT_READS};
    if (!store_query_json(database, arena, &statement, &site, apps, fault))
        return false;
    return *apps != NULL || store_missing_site(site, fault);
}

bool store_show_app(struct database *database, struct arena *arena, const char *site,
                    const char *app_key, struct json_object **app, struct fault *fault) {
    static const struct statement statement = {
        "show_app", "SELECT " APP_OBJECT ", 'descriptor', app.descriptor)" APP_AND_SITE, 2,
        STATEMENT_READS};
    const char *const values[] = {site, app_key};
    if (!store_query_json(database, arena, &statement, values, app, fault))
        return false;
    return *app != NULL || store_missing_app(site, app_key, fault);
}

bool store_list_modules(struct database *database, struct arena *arena, const char *site,
                        const char *app_key, struct json_object **modules, struct fault *fault) {
    static const struct statement statement = {
        "list_modules",
        "SELECT COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_object("
        "'app', app.app_key,"
        " 'type', module.type_name, 'key', module.module_key, 'origin', module.origin,"
        " 'registeredAt', module.registered_at, 'definition', module.definition)"
        " ORDER BY app.app_key, module.id)"
        " FROM dynmod.module JOIN dynmod.app ON app.id = module.app_id"
        " WHERE app.site_id = site.id AND ($2::text IS NULL OR app.app_key = $2)), '[]')"
        " FROM dynmod.site WHERE site.name = $1 AND ($2 IS NULL OR EXISTS (SELECT FROM dynmod.app"
        " WHERE app.site_id = site.id AND app.app_key = $2))",
        2, STATEMENT_READS};
    const char *const values[] = {site, app_key};
    if (!store_query_json(database, arena, &statement, values, modules, fault))
        return false;
    if (*modules != NULL)
        return true;
    return app_key == NULL ? store_missing_site(site, fault)
                           : store_missing_app(site, app_key, fault);
}

bool store_install_app(struct database *database, struct arena *arena, const char *site,
                       const char *descriptor, const char *secret, struct json_object **installed,
                       struct fault *fault) {
    static const struct statement statement = {
        "install_app", "SELECT dynmod.install_app($1, $2, $3)", 3, STATEMENT_ONCE};
    const char *const values[] = {site, descriptor, secret};
    if (store_query_json(database, arena, &statement, values, installed, fault))
        return true;
    return fault->kind == FAULT_NOT_FOUND ? store_missing_site(site, fault) : false;
}

bool store_describe_apps(struct database *database, struct arena *arena, const char *site,
                         const char *app_key, struct json_object **apps, struct fault *fault) {
    static const struct statement statement = {
        "describe_apps", "SELECT dynmod.describe_apps($1, $2)", 2, STATEMENT_READS};
    const char *const values[] = {site, app_key};
    return store_query_json(database, arena, &statement, values, apps, fault);
}

bool store_set_app_state(struct database *database, const char *site, const char *app_key,
                         const char *state, bool call_app, const char *actor, struct fault *fault) {
    static const struct statement statement = {"set_app_state",
                                               "SELECT dynmod.set_app_state(" STORE_REQUEST_SITE
                                               ", $2, $3, $4, $5) FROM " STORE_REQUEST("$6"),
                                               6, STATEMENT_ONCE};
    const char *const values[] = {site,  app_key,      state, call_app ? "true" : "false",
                                  actor, log_request()};
    if (store_execute(database, &statement, values, fault))
        return true;
    if (strcmp(database_sqlstate(database), STORE_APP_NOT_ENABLED) == 0)
        return fault_set(fault, FAULT_CONFLICT,
                         "the app \"%s\" is uninstalled; dynmodctl app install brings it back",
                         app_key);
    return fault->kind == FAULT_NOT_FOUND && store_missing_app(site, app_key, fault);
}

bool store_rotate_secret(struct database *database, struct arena *arena, const char *site,
                         const char *app_key, const char *secret, long keep_seconds,
                         const char **present, struct fault *fault) {
    static const struct statement statement = {
        "rotate_secret", "SELECT dynmod.rotate_secret($1, $2, $3, $4)", 4, STATEMENT_ONCE};
    const char *const values[] = {site, app_key, secret, arena_format(arena, "%ld", keep_seconds)};
    return store_query_text(database, arena, &statement, values, present, fault) ||
           (fault->kind == FAULT_NOT_FOUND && store_missing_app(site, app_key, fault));
}
