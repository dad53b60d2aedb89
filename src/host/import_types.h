/* The module types that an export needs, and those that are here. */
#ifndef DYNMOD_HOST_IMPORT_TYPES_H
#define DYNMOD_HOST_IMPORT_TYPES_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/fault.h"
#include "host/import.h"

/* Compares the operator's types of the export, and those it allows, which begin at these lines,
 * with the types that are here: adds what is wrong to the problems, and fills in the types as they
 * will be. Fails like a query. */
bool import_types_check(struct import *import, struct json_object *own, long own_line,
                        struct json_object *allowed, long allowed_line, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Adds the types that are missing here and allows the others. */
bool import_types_store(const struct import *import, struct json_object *own,
                        struct json_object *allowed, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
