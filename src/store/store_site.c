/* The sites, for the operator. */
#include "store/store_site.h"

#include "store/store_json.h"
#include "store/store_missing.h"
#include "store/store_text.h"

#define SITE_OBJECT                                                                                \
    "pg_catalog.json_build_object('name', site.name, 'siteBaseUrl', site.base_url,"                \
    " 'contextPath', site.context_path, 'clientKey', site.client_key,"                             \
    " 'moduleLimit', site.module_limit, 'byteLimit', site.byte_limit,"                             \
    " 'moduleByteLimit', site.module_byte_limit, 'historyByteLimit', site.history_byte_limit,"     \
    " 'onClash', site.on_clash, 'apps', (SELECT count(*)"                                          \
    " FROM dynmod.app WHERE app.site_id = site.id), 'createdAt', site.created_at)"

static const struct store_rule rules[] = {
    {"site_name_unique", "there is a site of this name already; dynmodctl site set changes it"},
    {"site_name_form", "the name of a site has 1 to 64 letters, digits, \".\", \"_\" and \"-\""},
    {"site_base_url_form",
     "the base URL must begin with http:// or https:// and a host, and have no query or fragment"},
    {"site_address_unique", "another site has this base URL; http and https, and the ports 80 and "
                            "443, make no difference"},
    {"site_base_url_host", "the base URL must have a host in ASCII, and no user or password"},
    {"site_client_key_unique", "another site has this client key"},
    {NULL, NULL},
};

bool store_list_sites(struct database *database, struct arena *arena, struct json_object **sites,
                      struct fault *fault) {
    static const struct statement statement = {"list_sites",
                                               "SELECT COALESCE(pg_catalog.json_agg(" SITE_OBJECT
                                               " ORDER BY site.name), '[]')"
                                               " FROM dynmod.site",
                                               0, STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, sites, fault);
}

bool store_site_name(struct database *database, struct arena *arena, const char *site,
                     const char **name, struct fault *fault) {
    static const struct statement statement = {"site_name", "SELECT dynmod.site_name($1)", 1,
                                               STATEMENT_READS};
    return store_query_text(database, arena, &statement, &site, name, fault) ||
           (fault->kind == FAULT_NOT_FOUND && store_missing_site(site, fault));
}

bool store_add_site(struct database *database, struct arena *arena, const char *name,
                    const struct store_site *settings, struct json_object **site,
                    struct fault *fault) {
    static const struct statement statement = {
        "add_site",
        "INSERT INTO dynmod.site (name, base_url, client_key, module_limit, byte_limit,"
        " module_byte_limit, history_byte_limit) VALUES ($1, $2,"
        " COALESCE($3, pg_catalog.gen_random_uuid()::text), COALESCE($4::integer, 100),"
        " COALESCE($5::integer, 1048576), COALESCE($6::integer, 262144),"
        " COALESCE($7::bigint, 16777216)) RETURNING " SITE_OBJECT,
        7, STATEMENT_ONCE};
    const char *const values[] = {name,
                                  settings->base_url,
                                  settings->client_key,
                                  settings->module_limit,
                                  settings->byte_limit,
                                  settings->module_byte_limit,
                                  settings->history_byte_limit};
    return store_query_json(database, arena, &statement, values, site, fault) ||
           store_explain(database, rules, fault);
}

bool store_set_site(struct database *database, struct arena *arena, const char *name,
                    const struct store_site *settings, struct json_object **site,
                    struct fault *fault) {
    static const struct statement statement = {
        "set_site",
        "UPDATE dynmod.site SET base_url = COALESCE($2, base_url),"
        " on_clash = COALESCE($3, on_clash),"
        " module_limit = COALESCE($4::integer, module_limit),"
        " byte_limit = COALESCE($5::integer, byte_limit),"
        " module_byte_limit = COALESCE($6::integer, module_byte_limit),"
        " history_byte_limit = COALESCE($7::bigint, history_byte_limit)"
        " WHERE name = $1 RETURNING " SITE_OBJECT,
        7, STATEMENT_ONCE};
    const char *const values[] = {name,
                                  settings->base_url,
                                  settings->on_clash,
                                  settings->module_limit,
                                  settings->byte_limit,
                                  settings->module_byte_limit,
                                  settings->history_byte_limit};
    if (!store_query_json(database, arena, &statement, values, site, fault))
        return store_explain(database, rules, fault);
    return *site != NULL || store_missing_site(name, fault);
}
