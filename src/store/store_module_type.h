/* The module types, for the operator. */
#ifndef DYNMOD_STORE_STORE_MODULE_TYPE_H
#define DYNMOD_STORE_STORE_MODULE_TYPE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* All module types with their schemas as module_types_read() takes them; owned by the arena. */
bool store_types_document(struct database *database, struct arena *arena, const char **types,
                          struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* All module types by name: *types is an array of {"name", "title", "container", "dynamic",
 * "override", "requiredScope", "deprecated", "origin", "modules"}, owned by the arena. "override"
 * is the operator's decision, null for none; "modules" counts those of all apps. */
bool store_list_types(struct database *database, struct arena *arena, struct json_object **types,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* One module type as above, with "schema". Fails with FAULT_NOT_FOUND. */
bool store_show_type(struct database *database, struct arena *arena, const char *name,
                     struct json_object **type, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Allows or denies dynamic modules of a type. Fails with FAULT_NOT_FOUND. */
bool store_allow_type(struct database *database, const char *name, bool allowed,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Adds a module type of the operator's, or changes it; `type` is the JSON text of a file like those
 * in sql/module_types. *done becomes "added" or "changed", owned by the arena. Fails with
 * FAULT_CONFLICT when the type is builtin or breaks a rule of the database. */
bool store_add_type(struct database *database, struct arena *arena, const char *type,
                    const char **done, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
