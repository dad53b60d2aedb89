/* Answers of the database that PostgreSQL itself has made into JSON. */
#include "store/store_json.h"

#include <string.h>

#include "base/limits.h"
#include "http/json.h"

/* Reads more than json_parse() would: what people wrote with psql must be shown as well. */
static bool read_json(struct arena *arena, const char *text, struct json_object **value,
                      struct fault *fault) {
    struct json_tokener *tokener = json_tokener_new_ex(LIMIT_STORED_DEPTH);
    if (tokener == NULL)
        return fault_set(fault, FAULT_INTERNAL, "no memory for JSON");
    *value = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    if (error != json_tokener_success)
        return fault_set(fault, FAULT_INTERNAL, "the JSON of the database cannot be read: %s",
                         json_tokener_error_desc(error));
    json_keep(arena, *value);
    return true;
}

bool store_query_json(struct database *database, struct arena *arena,
                      const struct statement *statement, const char *const *values,
                      struct json_object **value, struct fault *fault) {
    PGresult *result;
    *value = NULL;
    if (!database_query(database, statement, values, &result, fault))
        return false;
    const char *text = PQntuples(result) == 1 ? database_value(result, 0, 0) : NULL;
    bool ok = text == NULL || read_json(arena, text, value, fault);
    PQclear(result);
    return ok;
}

bool store_explain(const struct store_rule *rules, struct fault *fault) {
    for (; rules->constraint != NULL; rules++)
        if (strstr(fault->text, rules->constraint) != NULL)
            return fault_set(fault, fault->kind, "%s", rules->text);
    return false;
}
