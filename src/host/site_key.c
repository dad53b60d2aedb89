/* The RSA key with which a site signs its calls. */
#include "host/site_key.h"

#include "host/rsa_key.h"

static bool make_key(const struct host *host, bool replace, struct fault *fault) {
    const char *private_key, *public_key;
    return rsa_key_generate(host->arena, &private_key, &public_key, fault) &&
           store_add_site_key(host->database, host->site, private_key, public_key, replace, fault);
}

static bool find(const struct host *host, struct store_host *found, struct fault *fault) {
    return store_find_host(host->database, host->arena, host->site, found, fault);
}

bool site_key_find(const struct host *host, struct store_host *found, struct fault *fault) {
    if (!find(host, found, fault))
        return false;
    /* found again, because another process may have been faster */
    return found->kid != NULL || (make_key(host, false, fault) && find(host, found, fault));
}

bool site_key_rotate(const struct host *host, struct store_host *found, struct fault *fault) {
    return make_key(host, true, fault) && find(host, found, fault);
}
