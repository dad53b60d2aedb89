/* The module types that the database has. */
#ifndef DYNMOD_HOST_STORED_TYPES_H
#define DYNMOD_HOST_STORED_TYPES_H

#include "base/fault.h"
#include "base/memory.h"
#include "connect/module_type.h"
#include "store/database.h"

/* Reads all of them as they are now; the arena owns them. Fails as a query does, and with
 * FAULT_INTERNAL when what is stored cannot be used. */
bool stored_types_read(struct database *database, struct arena *arena, struct module_types **types,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
