/* A module type of the operator's own, as a file describes it. */
#ifndef DYNMOD_CONNECT_OWN_TYPE_H
#define DYNMOD_CONNECT_OWN_TYPE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"
#include "connect/module_type.h"

/* Whether `type` is an object like those in sql/module_types, of which only "name" is required,
 * with a schema that can be compiled and may refer to the building blocks of `types`. Fails with
 * FAULT_INPUT and the place in the file, in which `type` is at the JSON Pointer `pointer`. */
bool own_type_check(const struct module_types *types, struct json_object *type, const char *pointer,
                    struct fault *fault) __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* Adds `own`, one type or an array of types, to those of `json`, a text for module_types_read(); a
 * type replaces the one of the same name. *types is owned by the arena. Fails as own_type_check()
 * does. */
bool own_types_add(struct arena *arena, const char *json, struct json_object *own,
                   struct module_types **types, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

#endif
