/* The history of modules and apps, for the operator. */
#include "store/store_history.h"

#include <stdlib.h>

#include "store/store_text.h"

bool store_prune_history(struct database *database, struct arena *arena, const char *site,
                         const char *days, long most, long *deleted, struct fault *fault) {
    static const struct statement statement = {
        "prune_history", "SELECT dynmod.prune_history($1, $2, $3)", 3, STATEMENT_REPEATABLE};
    const char *const values[] = {site, days, arena_format(arena, "%ld", most)};
    const char *number;
    if (!store_query_text(database, arena, &statement, values, &number, fault))
        return false;
    *deleted = strtol(number, NULL, 10);
    return true;
}
