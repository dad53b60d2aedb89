/* What a site tells its apps of itself, and the keys it signs with. */
#ifndef DYNMOD_STORE_STORE_SITE_KEY_H
#define DYNMOD_STORE_STORE_SITE_KEY_H

#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

struct store_host {
    const char *name;
    const char *base_url;
    const char *client_key;
    const char *kid; /* NULL before the first use, as are the keys */
    const char *public_key;
    const char *private_key; /* never to be logged or shown; wiped when the arena is freed */
};

/* Fills in *host, whose strings the arena owns. Fails with FAULT_NOT_FOUND when there is no such
 * site. */
bool store_find_host(struct database *database, struct arena *arena, const char *site,
                     struct store_host *host, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Gives the site this pair of PEM keys, unless it has one already; or, if `replace`, in its place.
 * Fails with FAULT_NOT_FOUND when there is no such site. */
bool store_add_site_key(struct database *database, const char *site, const char *private_key,
                        const char *public_key, bool replace, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The published public key with this id as PEM, owned by the arena; NULL when there is none. */
bool store_find_public_key(struct database *database, struct arena *arena, const char *site,
                           const char *kid, const char **public_key, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
