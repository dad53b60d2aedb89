/* Registration and removal of an app's dynamic modules. */
#include "store/store_modules.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/store_array.h"
#include "store/store_request.h"

bool store_register_modules(struct database *database, const char *site, const char *app_key,
                            const char *modules, struct fault *fault) {
    static const struct statement statement = {
        "register_modules",
        "SELECT registered FROM " STORE_REQUEST(
            "$4") ", dynmod.register_modules(" STORE_REQUEST_SITE ", $2, $3)",
        4, STATEMENT_ONCE};
    PGresult *result;
    const char *const values[] = {site, app_key, modules, log_request()};
    if (!database_query(database, &statement, values, &result, fault))
        return false;
    PQclear(result);
    return true;
}

bool store_remove_modules(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, const struct app_texts *keys, long *removed,
                          struct fault *fault) {
    static const struct statement statement = {
        "remove_modules",
        "SELECT removed FROM " STORE_REQUEST("$4") ", dynmod.remove_modules(" STORE_REQUEST_SITE
                                                   ", $2, $3)",
        4, STATEMENT_REPEATABLE};
    PGresult *result;
    const char *const values[] = {site, app_key, keys == NULL ? NULL : store_array(arena, keys),
                                  log_request()};
    if (!database_query(database, &statement, values, &result, fault))
        return false;
    *removed = strtol(database_value(result, 0, 0), NULL, 10);
    PQclear(result);
    return true;
}
