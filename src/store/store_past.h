/* The dynamic modules that an app had at a moment. */
#ifndef DYNMOD_STORE_STORE_PAST_H
#define DYNMOD_STORE_STORE_PAST_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* Moments are texts such as store_read_moment() gives; what is handed out is owned by the arena. */

/* Finds them in their order then: *modules becomes an array of {"app", "type", "key", "origin",
 * "at", "definition"}, where the definition is NULL if the history has dropped it. Fails with
 * FAULT_CONFLICT when the history does not reach back so far, and with FAULT_NOT_FOUND when there
 * never was such an app. */
bool store_modules_at(struct database *database, struct arena *arena, const char *site,
                      const char *app_key, const char *moment, struct json_object **modules,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Finds a moment at which the app had what the transaction of this event of a module left: the
 * event is a number as text. Fails with FAULT_NOT_FOUND when the history of the app has no such
 * event, and with FAULT_CONFLICT when there is no such moment, as the clock was set back then. */
bool store_moment_after(struct database *database, struct arena *arena, const char *site,
                        const char *app_key, const char *event, const char **moment,
                        struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
