/* What is said of a site or an app that the database does not have. */
#include "store/store_missing.h"

bool store_missing_site(const char *site, struct fault *fault) {
    return fault_set(fault, FAULT_NOT_FOUND,
                     "site \"%s\" does not exist; dynmodctl site list shows all", site);
}

bool store_missing_app(const char *site, const char *app_key, struct fault *fault) {
    return fault_set(fault, FAULT_NOT_FOUND,
                     "the site \"%s\" has no app \"%s\"; dynmodctl app list shows all", site,
                     app_key);
}
