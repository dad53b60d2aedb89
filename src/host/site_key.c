/* The RSA key with which a site signs its calls. */
#include "host/site_key.h"

#include "host/rsa_key.h"
#include "host/secret_box.h"

static bool make_key(const struct host *host, bool replace, struct fault *fault) {
    const char *private_key, *public_key;
    if (!rsa_key_generate(host->arena, &private_key, &public_key, fault))
        return false;
    const struct secret_owner owner = {.site = host->site, .public_key = public_key};
    return secret_seal(host->arena, host->config, &owner, private_key, &private_key, fault) &&
           store_add_site_key(host->database, host->site, private_key, public_key, replace, fault);
}

static bool find(const struct host *host, struct store_host *found, struct fault *fault) {
    if (!store_find_host(host->database, host->arena, host->site, found, fault))
        return false;
    const struct secret_owner owner = {.site = host->site, .public_key = found->public_key};
    return found->kid == NULL || secret_open(host->arena, host->config, &owner, found->private_key,
                                             &found->private_key, fault);
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
