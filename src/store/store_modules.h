/* Registration and removal of an app's dynamic modules. */
#ifndef DYNMOD_STORE_STORE_MODULES_H
#define DYNMOD_STORE_STORE_MODULES_H

#include <stdbool.h>

#include "base/app.h"
#include "base/memory.h"
#include "store/database.h"

/* SQLSTATEs of the rules that the database itself keeps; database_detail() has what broke them. */
#define STORE_DUPLICATE_KEYS "MD001"   /* JSON array of keys */
#define STORE_OVER_LIMIT "MD002"       /* JSON object {"limit", "present", "added"} */
#define STORE_TYPE_NOT_DYNAMIC "MD003" /* JSON array of type names */
#define STORE_SECOND_SINGLE "MD004"    /* JSON array of type names */
#define STORE_APP_NOT_ENABLED "MD005"
#define STORE_OVER_BYTES "MD011"       /* JSON object {"limit", "present", "added"} */
#define STORE_MODULE_TOO_LARGE "MD012" /* JSON object {"limit", "key", "bytes"} */

/* Registers `modules`, a JSON array of {"type", "definition"} in order, for an app: all of them or
 * none. Fails with FAULT_CONFLICT and one of the SQLSTATEs above if a rule is broken. */
bool store_register_modules(struct database *database, const char *site, const char *app_key,
                            const char *modules, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Removes the app's dynamic modules with these keys, or all of them if `keys` is NULL, and stores
 * their number in *removed. Keys that the app does not have are ignored. Fails with FAULT_CONFLICT
 * and STORE_APP_NOT_ENABLED if the app may not change its modules. */
bool store_remove_modules(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, const struct app_texts *keys, long *removed,
                          struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 6, 7), warn_unused_result));

#endif
