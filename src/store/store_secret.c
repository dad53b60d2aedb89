/* The secrets of a site as the database keeps them, for sealing them and making them plain. */
#include "store/store_secret.h"

#include "store/store_json.h"
#include "store/store_text.h"

bool store_list_secrets(struct database *database, struct arena *arena, const char *site,
                        struct json_object **secrets, struct fault *fault) {
    static const struct statement statement = {"list_secrets", "SELECT dynmod.list_secrets($1)", 1,
                                               STATEMENT_READS};
    return store_query_json(database, arena, &statement, &site, secrets, fault);
}

bool store_replace_secret(struct database *database, const char *site, const char *app_key,
                          const char *present, const char *secret, struct fault *fault) {
    static const struct statement statement = {
        "replace_secret", "SELECT dynmod.replace_secret($1, $2, $3, $4)", 4, STATEMENT_ONCE};
    const char *const values[] = {site, app_key, present, secret};
    return store_execute(database, &statement, values, fault);
}
