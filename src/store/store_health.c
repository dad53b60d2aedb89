/* What state the database is in, for the operator. */
#include "store/store_health.h"

#include <string.h>

#include "store/store_json.h"

#define UNDEFINED_TABLE "42P01" /* or no such schema */
#define INSUFFICIENT_PRIVILEGE "42501"

bool store_schema_version(struct database *database, struct arena *arena, const char **version,
                          struct fault *fault) {
    static const struct statement statement = {
        "schema_version", "SELECT max(version) FROM dynmod.schema_version", 0, false};
    PGresult *result;
    *version = NULL;
    if (!database_query(database, &statement, NULL, &result, fault))
        return strcmp(database_sqlstate(database), UNDEFINED_TABLE) == 0;
    *version = arena_text(arena, database_value(result, 0, 0));
    PQclear(result);
    return true;
}

bool store_lacks_rights(const struct database *database) {
    return strcmp(database_sqlstate(database), INSUFFICIENT_PRIVILEGE) == 0;
}
