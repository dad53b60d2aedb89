/* Answers of the database that PostgreSQL itself has made into JSON. */
#include "store/store_json.h"

#include <string.h>

#include "json/json.h"

bool store_query_json(struct database *database, struct arena *arena,
                      const struct statement *statement, const char *const *values,
                      struct json_object **value, struct fault *fault) {
    PGresult *result;
    *value = NULL;
    if (!database_query(database, statement, values, &result, fault))
        return false;
    const char *text = PQntuples(result) == 1 ? database_value(result, 0, 0) : NULL;
    bool ok = text == NULL || json_parse_stored(arena, text, value, fault);
    PQclear(result);
    return ok;
}

bool store_explain(const struct database *database, const struct store_rule *rules,
                   struct fault *fault) {
    for (; rules->constraint != NULL; rules++)
        if (strcmp(database_constraint(database), rules->constraint) == 0)
            return fault_set(fault, fault->kind, "%s", rules->text);
    return false;
}
