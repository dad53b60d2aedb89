/* Answers of the database that are one text at most. */
#ifndef DYNMOD_STORE_STORE_TEXT_H
#define DYNMOD_STORE_STORE_TEXT_H

#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* Runs a statement and hands out the first column of its one row as *text, owned by the arena; NULL
 * when there is no row or it holds SQL null. Other parameters and failures as those of
 * database_query(). */
bool store_query_text(struct database *database, struct arena *arena,
                      const struct statement *statement, const char *const *values,
                      const char **text, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 5, 6), warn_unused_result));

/* The same for a statement whose answer is true or false; what is not true is false. */
bool store_query_truth(struct database *database, const struct statement *statement,
                       const char *const *values, bool *truth, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The same for a statement whose answer does not matter. */
bool store_execute(struct database *database, const struct statement *statement,
                   const char *const *values, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
