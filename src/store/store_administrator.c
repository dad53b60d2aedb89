/* Administrators: who may install apps over HTTP. */
#include "store/store_administrator.h"

#include <stdlib.h>
#include <string.h>

#include "store/store_json.h"
#include "store/store_text.h"

enum column { SITE, CONTEXT_PATH, BASE_URL, PASSWORD_HASH, LOOPBACK_ONLY, KNOWN_ADDRESS, WAIT };

bool store_find_administrator(struct database *database, struct arena *arena, const char *site,
                              const char *name, const char *address,
                              struct store_administrator *administrator, struct fault *fault) {
    static const struct statement statement = {
        "find_administrator",
        "SELECT site_name, context_path, base_url, password_hash, COALESCE(loopback_only, false),"
        " known_address, wait"
        " FROM dynmod.find_administrator($1, $2, $3)",
        3, STATEMENT_READS};
    const char *const values[] = {site, name, address};
    PGresult *result;
    if (!database_query(database, &statement, values, &result, fault))
        return false;
    *administrator = (struct store_administrator){
        .site = arena_text(arena, database_value(result, 0, SITE)),
        .context_path = arena_text(arena, database_value(result, 0, CONTEXT_PATH)),
        .base_url = arena_text(arena, database_value(result, 0, BASE_URL)),
        .password_hash = arena_text(arena, database_value(result, 0, PASSWORD_HASH)),
        .loopback_only = strcmp(database_value(result, 0, LOOPBACK_ONLY), "t") == 0,
        .known_address = strcmp(database_value(result, 0, KNOWN_ADDRESS), "t") == 0,
        .wait = strtol(database_value(result, 0, WAIT), NULL, 10),
    };
    PQclear(result);
    return true;
}

bool store_record_login(struct database *database, const char *site, const char *name,
                        const char *address, bool succeeded, struct fault *fault) {
    static const struct statement statement = {
        "record_login", "SELECT dynmod.record_login($1, $2, $3, $4)", 4, STATEMENT_ONCE};
    const char *const values[] = {site, name, address, succeeded ? "true" : "false"};
    return store_execute(database, &statement, values, fault);
}

bool store_set_administrator(struct database *database, const char *name, const char *password_hash,
                             bool loopback_only, bool *added, struct fault *fault) {
    static const struct statement statement = {
        "set_administrator", "SELECT dynmod.set_administrator($1, $2, $3)", 3, STATEMENT_ONCE};
    static const struct store_rule rules[] = {
        {"administrator_name_form",
         "the name of an administrator has 1 to 100 characters, no colon and no control character"},
        {NULL, NULL},
    };
    const char *const values[] = {name, password_hash, loopback_only ? "true" : "false"};
    return store_query_truth(database, &statement, values, added, fault) ||
           store_explain(database, rules, fault);
}

bool store_list_administrators(struct database *database, struct arena *arena,
                               struct json_object **administrators, struct fault *fault) {
    static const struct statement statement = {
        "list_administrators",
        "SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object("
        "'name', name, 'loopbackOnly', loopback_only, 'changedAt', changed_at)"
        " ORDER BY name), '[]') FROM dynmod.administrator",
        0, STATEMENT_READS};
    return store_query_json(database, arena, &statement, NULL, administrators, fault);
}

bool store_remove_administrator(struct database *database, struct arena *arena, const char *name,
                                struct fault *fault) {
    static const struct statement statement = {
        "remove_administrator", "DELETE FROM dynmod.administrator WHERE name = $1 RETURNING name",
        1, STATEMENT_ONCE};
    const char *removed;
    if (!store_query_text(database, arena, &statement, &name, &removed, fault))
        return false;
    return removed != NULL ||
           fault_set(fault, FAULT_NOT_FOUND, "the administrator \"%s\" does not exist", name);
}
