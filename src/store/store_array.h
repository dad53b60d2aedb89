/* Arrays of PostgreSQL as text. */
#ifndef DYNMOD_STORE_STORE_ARRAY_H
#define DYNMOD_STORE_STORE_ARRAY_H

#include "base/app.h"
#include "base/memory.h"

/* The input form of an array of these strings (PostgreSQL manual, 8.15.2), owned by the arena. */
const char *store_array(struct arena *arena, const struct app_texts *texts)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
