/* The module types in the database. */
#ifndef DYNMOD_HOST_STORED_TYPES_H
#define DYNMOD_HOST_STORED_TYPES_H

#include "base/fault.h"
#include "base/memory.h"
#include "connect/module_type.h"
#include "store/database.h"

/* Reads all of them; the arena owns the result. Fails like a query, or with FAULT_INTERNAL if what
 * is stored cannot be used. */
bool stored_types_read(struct database *database, struct arena *arena, struct module_types **types,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
