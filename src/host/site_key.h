/* The RSA key with which a site signs its calls. */
#ifndef DYNMOD_HOST_SITE_KEY_H
#define DYNMOD_HOST_SITE_KEY_H

#include <stdbool.h>

#include "base/fault.h"
#include "host/host.h"
#include "store/store_site_key.h"

/* Fills in what the site tells its apps of itself, with a key that is made on the first use. Fails
 * with FAULT_NOT_FOUND when there is no such site. */
bool site_key_find(const struct host *host, struct store_host *found, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Makes another key, which signs from now on, and fills in the same with it. The former public key
 * stays published for 30 days, in which apps may still verify what it has signed. */
bool site_key_rotate(const struct host *host, struct store_host *found, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
