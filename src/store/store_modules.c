/* Registration and removal of an app's dynamic modules. */
#include "store/store_modules.h"

#include <stdlib.h>

bool store_register_modules(struct database *database, const char *app_id, const char *modules,
                            struct fault *fault) {
    static const struct statement statement = {"register_modules",
                                               "SELECT dynmod.register_modules($1, $2)", 2, true};
    PGresult *result;
    if (!database_query(database, &statement, (const char *[]){app_id, modules}, &result, fault))
        return false;
    PQclear(result);
    return true;
}

bool store_remove_modules(struct database *database, const char *app_id, const char *keys,
                          long *removed, struct fault *fault) {
    static const struct statement statement = {
        "remove_modules",
        "SELECT dynmod.remove_modules($1, CASE WHEN $2::jsonb IS NOT NULL"
        " THEN ARRAY(SELECT jsonb_array_elements_text($2::jsonb)) END)",
        2, true};
    PGresult *result;
    if (!database_query(database, &statement, (const char *[]){app_id, keys}, &result, fault))
        return false;
    *removed = strtol(database_value(result, 0, 0), NULL, 10);
    PQclear(result);
    return true;
}
