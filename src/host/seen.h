/* Which texts have been seen before, in a few bytes for each. */
#ifndef DYNMOD_HOST_SEEN_H
#define DYNMOD_HOST_SEEN_H

#include <stdbool.h>

#include "base/memory.h"

struct seen;

/* An empty set, owned by the arena. */
struct seen *seen_new(struct arena *arena) __attribute__((nonnull, returns_nonnull));

/* Adds the text; whether it was there already, by the first 64 bits of its SHA-256: 16 to 32 bytes
 * for each text, and nothing of it. */
bool seen_before(struct seen *seen, const char *text) __attribute__((nonnull));

#endif
