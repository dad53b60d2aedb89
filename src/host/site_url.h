/* The base URLs of sites, as operators write them. */
#ifndef DYNMOD_HOST_SITE_URL_H
#define DYNMOD_HOST_SITE_URL_H

#include "base/memory.h"

/* The URL with its host in ASCII, as clients send it: "https://bücher.example" becomes
 * "https://xn--bcher-kva.example", owned by the arena. `url` itself if that is not possible. */
const char *site_url_ascii(struct arena *arena, const char *url)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
