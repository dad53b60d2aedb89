/* Tokens that are accepted once. */
#include "store/store_token.h"

#include <inttypes.h>

#include "store/store_text.h"

bool store_use_token(struct database *database, struct arena *arena, const char *site,
                     const char *app_key, const char *jti, int64_t expires, bool *first,
                     struct fault *fault) {
    /* Not to be repeated: after a lost answer the token would look used. */
    static const struct statement statement = {
        "use_token", "SELECT dynmod.use_token($1, $2, $3, $4)", 4, STATEMENT_ONCE};
    const char *const values[] = {site, app_key, jti, arena_format(arena, "%" PRId64, expires)};
    return store_query_truth(database, &statement, values, first, fault);
}
