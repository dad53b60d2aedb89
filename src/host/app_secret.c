/* The secret that an app shares with a site, on its way into the database and out of it. */
#include "host/app_secret.h"

#include "connect/shared_secret.h"
#include "host/secret_box.h"

bool app_secret_seal(const struct host *host, const char *app_key, const char *secret,
                     const char **kept, struct fault *fault) {
    const struct secret_owner owner = {.site = host->site, .app_key = app_key};
    *kept = NULL;
    if (secret == NULL && host->config->secrets_key[0] == '\0')
        return true;
    if (secret == NULL ? !secret_generate(host->arena, &secret, fault)
                       : !shared_secret_check(secret, fault))
        return false;
    if (secret_key_id(host->arena, secret) != NULL)
        return fault_set(fault, FAULT_INPUT, "a shared secret cannot begin as encrypted ones do");
    return secret_seal(host->arena, host->config, &owner, secret, kept, fault);
}

bool app_secret_open(const struct host *host, const char *app_key, const char *kept,
                     const char **secret, struct fault *fault) {
    const struct secret_owner owner = {.site = host->site, .app_key = app_key};
    if (kept == NULL)
        return fault_set(fault, FAULT_UNAVAILABLE,
                         "the app %s on the site %s has no shared secret; dynmodctl app "
                         "rotate-secret gives it one",
                         app_key, host->site);
    return secret_open(host->arena, host->config, &owner, kept, secret, fault);
}
