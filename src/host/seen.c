/* Which texts have been seen before, in a few bytes for each. */
#include "host/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

enum { SMALLEST = 1024 }; /* places; always a power of two */

/* A hash table with open addressing, at most half full; 0 is a free place. */
struct seen {
    uint64_t *places;
    size_t size, used;
};

static void release(void *object) {
    struct seen *seen = object;
    free(seen->places);
}

struct seen *seen_new(struct arena *arena) {
    struct seen *seen = arena_alloc(arena, sizeof *seen);
    seen->size = SMALLEST;
    seen->places = memory_alloc(seen->size * sizeof *seen->places);
    arena_keep(arena, release, seen);
    return seen;
}

/* Where the value is, or the free place for it. */
static uint64_t *find_place(const struct seen *seen, uint64_t value) {
    size_t at = (size_t)value & (seen->size - 1);
    while (seen->places[at] != 0 && seen->places[at] != value)
        at = (at + 1) & (seen->size - 1);
    return &seen->places[at];
}

static void grow(struct seen *seen) {
    const struct seen former = *seen;
    seen->size *= 2;
    seen->places = memory_alloc(seen->size * sizeof *seen->places);
    for (size_t i = 0; i < former.size; i++)
        if (former.places[i] != 0)
            *find_place(seen, former.places[i]) = former.places[i];
    free(former.places);
}

bool seen_before(struct seen *seen, const char *text) {
    unsigned char digest[DIGEST_SIZE];
    uint64_t value;
    digest_sha256(text, strlen(text), digest);
    memcpy(&value, digest, sizeof value);
    value += value == 0;
    uint64_t *place = find_place(seen, value);
    if (*place == value)
        return true;
    *place = value;
    if (++seen->used * 2 > seen->size)
        grow(seen);
    return false;
}
