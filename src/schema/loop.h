/* Circles and chains of schemas that apply one another to the same place of the value. */
#ifndef DYNMOD_SCHEMA_LOOP_H
#define DYNMOD_SCHEMA_LOOP_H

#include <stdbool.h>

#include "schema/registry.h"

/* Fails when the compiled schema leads back to itself without descending into the value, so that
 * validation would never end, or leads through more than LIMIT_SCHEMA_CHAIN others. */
bool schema_loop_check(struct schema_registry *registry, struct schema_location *location)
    __attribute__((nonnull));

#endif
