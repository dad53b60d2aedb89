/* Answers of the database that are one text at most. */
#include "store/store_text.h"

#include <string.h>

static const char *first_value(const PGresult *result) {
    return PQntuples(result) == 1 ? database_value(result, 0, 0) : NULL;
}

bool store_query_text(struct database *database, struct arena *arena,
                      const struct statement *statement, const char *const *values,
                      const char **text, struct fault *fault) {
    PGresult *result;
    *text = NULL;
    if (!database_query(database, statement, values, &result, fault))
        return false;
    *text = arena_text(arena, first_value(result));
    PQclear(result);
    return true;
}

bool store_query_truth(struct database *database, const struct statement *statement,
                       const char *const *values, bool *truth, struct fault *fault) {
    PGresult *result;
    if (!database_query(database, statement, values, &result, fault))
        return false;
    const char *value = first_value(result);
    *truth = value != NULL && strcmp(value, "t") == 0;
    PQclear(result);
    return true;
}

bool store_execute(struct database *database, const struct statement *statement,
                   const char *const *values, struct fault *fault) {
    PGresult *result;
    if (!database_query(database, statement, values, &result, fault))
        return false;
    PQclear(result);
    return true;
}
