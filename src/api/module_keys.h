/* The keys of modules that a query names. */
#ifndef DYNMOD_API_MODULE_KEYS_H
#define DYNMOD_API_MODULE_KEYS_H

#include <stdbool.h>

#include "base/app.h"
#include "base/memory.h"
#include "http/query.h"

/* Reads the parameters moduleKey, each of which may name several keys with commas between them,
 * into *keys, owned by the arena; what is not a valid key is left out, because no module can have
 * it. False when there is no such parameter. */
bool module_keys_read(struct arena *arena, const struct query *query, struct app_texts *keys)
    __attribute__((nonnull, warn_unused_result));

/* What of a document, as GET has it, belongs to the modules with these keys: byte for byte the
 * same, in the same order, without types that have none of them. Owned by the arena; sorts the
 * keys. */
const char *module_keys_filter(struct arena *arena, const char *document, struct app_texts *keys)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
