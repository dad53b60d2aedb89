/* Answers of the database that PostgreSQL itself has made into JSON. */
#ifndef DYNMOD_STORE_STORE_JSON_H
#define DYNMOD_STORE_STORE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* Runs a statement whose answer is one JSON text at most and hands it out as *value, owned by the
 * arena; NULL when there is no row or it holds SQL null. Other parameters and failures as those of
 * database_query(). */
bool store_query_json(struct database *database, struct arena *arena,
                      const struct statement *statement, const char *const *values,
                      struct json_object **value, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 5, 6), warn_unused_result));

/* What a broken constraint of the database means to people. */
struct store_rule {
    const char *constraint;
    const char *text;
};

/* Puts the text of the constraint that the last query broke into the fault, if it is among
 * `rules`, which a NULL constraint ends. Returns false, as fault_set() does. */
bool store_explain(const struct database *database, const struct store_rule *rules,
                   struct fault *fault) __attribute__((nonnull));

#endif
