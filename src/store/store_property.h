/* The properties of apps: values that they keep with the host. */
#ifndef DYNMOD_STORE_STORE_PROPERTY_H
#define DYNMOD_STORE_STORE_PROPERTY_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* The SQLSTATE of database_sqlstate() when the app has as many properties as it may have. */
#define STORE_TOO_MANY_PROPERTIES "MD008"

/* The keys of an app's properties: an array of strings, owned by the arena. */
bool store_list_properties(struct database *database, struct arena *arena, const char *site,
                           const char *app_key, struct json_object **keys, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The value of a property as JSON text, owned by the arena; NULL when there is none. */
bool store_find_property(struct database *database, struct arena *arena, const char *site,
                         const char *app_key, const char *key, const char **value,
                         struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Sets a property of an enabled app to the JSON text `value`; *created says whether it is new.
 * Fails with FAULT_CONFLICT when the app has too many others, when key or value are too long, or
 * when the app is not enabled. */
bool store_set_property(struct database *database, const char *site, const char *app_key,
                        const char *key, const char *value, bool *created, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Removes a property of an enabled app; *removed says whether there was one. */
bool store_remove_property(struct database *database, const char *site, const char *app_key,
                           const char *key, bool *removed, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
