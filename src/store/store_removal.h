/* The removal of what the operator does not need any more, and what goes with it. */
#ifndef DYNMOD_STORE_STORE_REMOVAL_H
#define DYNMOD_STORE_STORE_REMOVAL_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* Counts what the app has, or all apps of the site if `app_key` is NULL: *contents becomes {"apps",
 * "dynamicModules", "descriptorModules", "properties", "waitingCalls"}, owned by the arena. Fails
 * with FAULT_NOT_FOUND when there is no such site or app. */
bool store_count_contents(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, struct json_object **contents, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 5, 6), warn_unused_result));

/* These two fail with FAULT_NOT_FOUND when there is no such site or app, and with FAULT_CONFLICT
 * while an app is being installed. */
bool store_remove_site(struct database *database, const char *site, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
bool store_remove_app(struct database *database, const char *site, const char *app_key,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Fails with FAULT_NOT_FOUND when there is no such type, and with FAULT_CONFLICT when it came with
 * dynmod or there are modules of it. */
bool store_remove_type(struct database *database, const char *name, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
