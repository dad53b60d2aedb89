/* The module types that a host knows. */
#ifndef DYNMOD_CONNECT_MODULE_TYPE_H
#define DYNMOD_CONNECT_MODULE_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"
#include "schema/schema.h"

struct module_type {
    const char *name;
    bool single;  /* an app has only one such module, without an array around it */
    bool dynamic; /* apps may register it */
    bool deprecated;
    const char *required_scope; /* NULL for none */
    struct json_object *json;   /* all of it, as it was read */
};

/* All module types at one version; immutable. */
struct module_types;

/* Reads the types from the JSON text that the database returns. The caller
 * frees them with module_types_free(). Fails with FAULT_INTERNAL when the text has another form. */
bool module_types_read(const char *json, int64_t version, struct module_types **types,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));
void module_types_free(struct module_types *types);

/* Reads types as module_types_read() does, without a version; the arena owns them. */
bool module_types_read_into(struct arena *arena, const char *json, struct module_types **types,
                            struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Returns the version that was passed to module_types_read(), or 0 for NULL. */
int64_t module_types_version(const struct module_types *types);

/* All types, sorted by name: how many, and the one at `index`. */
size_t module_types_count(const struct module_types *types) __attribute__((nonnull));
const struct module_type *module_types_get(const struct module_types *types, size_t index)
    __attribute__((nonnull, returns_nonnull));

/* Returns the type `name`, valid as long as `types`, or NULL when there is none. */
const struct module_type *module_types_find(const struct module_types *types, const char *name)
    __attribute__((nonnull));

/* Whether `json`, a JSON Schema that may refer to the building blocks of `types`, can be compiled.
 * Fails with FAULT_INPUT, naming the place. */
bool module_types_check_schema(const struct module_types *types, struct json_object *json,
                               struct fault *fault)
    __attribute__((nonnull(1, 3), warn_unused_result));

/* Returns the schema of modules of `type`, compiled at the first call and valid as long as `types`.
 * Returns NULL, with FAULT_UNAVAILABLE, when it is broken, which only the operator can fix. */
const struct schema *module_types_schema(const struct module_types *types,
                                         const struct module_type *type, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
