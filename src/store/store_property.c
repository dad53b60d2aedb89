/* The properties of apps: values that they keep with the host. */
#include "store/store_property.h"

#include "store/store_json.h"
#include "store/store_text.h"

bool store_list_properties(struct database *database, struct arena *arena, const char *site,
                           const char *app_key, struct json_object **keys, struct fault *fault) {
    static const struct statement statement = {
        "list_properties", "SELECT dynmod.list_properties($1, $2)", 2, STATEMENT_READS};
    const char *const values[] = {site, app_key};
    return store_query_json(database, arena, &statement, values, keys, fault);
}

bool store_find_property(struct database *database, struct arena *arena, const char *site,
                         const char *app_key, const char *key, const char **value,
                         struct fault *fault) {
    static const struct statement statement = {
        "find_property", "SELECT dynmod.find_property($1, $2, $3)", 3, STATEMENT_READS};
    const char *const values[] = {site, app_key, key};
    return store_query_text(database, arena, &statement, values, value, fault);
}

bool store_set_property(struct database *database, const char *site, const char *app_key,
                        const char *key, const char *value, bool *created, struct fault *fault) {
    static const struct statement statement = {
        "set_property", "SELECT dynmod.set_property($1, $2, $3, $4)", 4, STATEMENT_ONCE};
    const char *const values[] = {site, app_key, key, value};
    return store_query_truth(database, &statement, values, created, fault);
}

bool store_remove_property(struct database *database, const char *site, const char *app_key,
                           const char *key, bool *removed, struct fault *fault) {
    static const struct statement statement = {
        "remove_property", "SELECT dynmod.remove_property($1, $2, $3)", 3, STATEMENT_ONCE};
    const char *const values[] = {site, app_key, key};
    return store_query_truth(database, &statement, values, removed, fault);
}
