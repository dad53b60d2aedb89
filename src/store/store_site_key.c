/* What a site tells its apps of itself, and the keys it signs with. */
#include "store/store_site_key.h"

#include <string.h>

#include "store/store_missing.h"
#include "store/store_text.h"

enum column { NAME, BASE_URL, CLIENT_KEY, KID, PUBLIC_KEY, PRIVATE_KEY };

static void wipe(void *text) {
    explicit_bzero(text, strlen(text));
}

bool store_find_host(struct database *database, struct arena *arena, const char *site,
                     struct store_host *host, struct fault *fault) {
    static const struct statement statement = {
        "find_host",
        "SELECT name, base_url, client_key, kid, public_key, private_key"
        " FROM dynmod.find_host($1)",
        1, STATEMENT_READS};
    PGresult *result;
    if (!database_query(database, &statement, &site, &result, fault))
        return false;
    bool found = PQntuples(result) == 1;
    if (found) {
        *host = (struct store_host){
            .name = arena_text(arena, database_value(result, 0, NAME)),
            .base_url = arena_text(arena, database_value(result, 0, BASE_URL)),
            .client_key = arena_text(arena, database_value(result, 0, CLIENT_KEY)),
            .kid = arena_text(arena, database_value(result, 0, KID)),
            .public_key = arena_text(arena, database_value(result, 0, PUBLIC_KEY)),
        };
        char *private_key = arena_text(arena, database_value(result, 0, PRIVATE_KEY));
        if (private_key != NULL)
            arena_keep(arena, wipe, private_key);
        host->private_key = private_key;
    }
    PQclear(result);
    return found || store_missing_site(site, fault);
}

bool store_add_site_key(struct database *database, const char *site, const char *private_key,
                        const char *public_key, bool replace, struct fault *fault) {
    static const struct statement statement = {
        "add_site_key", "SELECT dynmod.add_site_key($1, $2, $3, $4)", 4, STATEMENT_ONCE};
    const char *const values[] = {site, private_key, public_key, replace ? "true" : "false"};
    return store_execute(database, &statement, values, fault) ||
           (fault->kind == FAULT_NOT_FOUND && store_missing_site(site, fault));
}

bool store_find_public_key(struct database *database, struct arena *arena, const char *site,
                           const char *kid, const char **public_key, struct fault *fault) {
    static const struct statement statement = {
        "find_public_key", "SELECT dynmod.find_public_key($1, $2)", 2, STATEMENT_READS};
    const char *const values[] = {site, kid};
    return store_query_text(database, arena, &statement, values, public_key, fault);
}
