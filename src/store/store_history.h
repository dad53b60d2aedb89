/* The history of modules and apps, for the operator. */
#ifndef DYNMOD_STORE_STORE_HISTORY_H
#define DYNMOD_STORE_STORE_HISTORY_H

#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* Deletes what is older than `days`, a number as text, in the history of the site, at most `most`
 * rows of a kind, and stores in *deleted how many: 0 when nothing is left to delete. */
bool store_prune_history(struct database *database, struct arena *arena, const char *site,
                         const char *days, long most, long *deleted, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
