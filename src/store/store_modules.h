/* Registration and removal of an app's dynamic modules. */
#ifndef DYNMOD_STORE_STORE_MODULES_H
#define DYNMOD_STORE_STORE_MODULES_H

#include <stdbool.h>

#include "store/database.h"

/* SQLSTATEs of the rules that the database itself keeps; database_detail() has what broke them. */
#define STORE_DUPLICATE_KEYS "DM001"   /* JSON array of keys */
#define STORE_OVER_LIMIT "DM002"       /* JSON object {"limit", "present", "added"} */
#define STORE_TYPE_NOT_DYNAMIC "DM003" /* JSON array of type names */
#define STORE_SECOND_SINGLE "DM004"    /* JSON array of type names */
#define STORE_APP_NOT_ENABLED "DM005"

/* Registers `modules`, a JSON array of {"type", "definition"} in order: all of them or none. Fails
 * with FAULT_CONFLICT and one of the SQLSTATEs above when a rule is broken. */
bool store_register_modules(struct database *database, const char *app_id, const char *modules,
                            struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Removes the dynamic modules whose keys stand in `keys`, a JSON array of texts, or all of them
 * when `keys` is NULL. Keys that are not there do not matter. *removed becomes how many there were.
 */
bool store_remove_modules(struct database *database, const char *app_id, const char *keys,
                          long *removed, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

#endif
