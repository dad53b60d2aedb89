/* The installation of an app on a site, and the secret it shares with the host. */
#ifndef DYNMOD_HOST_INSTALLATION_H
#define DYNMOD_HOST_INSTALLATION_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/memory.h"
#include "connect/problem.h"
#include "store/database.h"

enum installation_action {
    INSTALLATION_INSTALLED,   /* the site did not have the app */
    INSTALLATION_UPGRADED,    /* it had: the secret and the state stay */
    INSTALLATION_REINSTALLED, /* an uninstalled app came back, with its dynamic modules */
    INSTALLATION_ACTIONS,
};

struct installation_module {
    const char *type, *key;
};

/* What an installation led to; owned by the arena of that call. */
struct installation {
    enum installation_action action;
    const char *key; /* of the app */
    const char *client_key;
    const char *shared_secret; /* as it is now; to be shown to the operator and the app only */
    bool secret_kept;          /* an upgrade left another secret than the chosen one in place */
    const char *state;
    const char *site;
    const char *base_url;                      /* of the site */
    const struct installation_module *dropped; /* dynamic modules that the descriptor displaced */
    size_t dropped_count;
};

/* "installed", "upgraded" or "reinstalled". */
const char *installation_action_name(enum installation_action action)
    __attribute__((returns_nonnull));

/* Installs the app of `descriptor` on the site, upgrades it, or brings it back; `secret` is what it
 * shall share with the host, NULL for a random one. All that is wrong with the descriptor by the
 * stored module types is added to `problems`, sorted; warnings do not stop the installation.
 * Nothing is stored on failure: FAULT_INPUT when there are errors or the secret cannot serve,
 * FAULT_NOT_FOUND for an unknown site, FAULT_CONFLICT when the database refuses the descriptor. */
bool installation_install(struct database *database, struct arena *arena, const char *site,
                          struct json_object *descriptor, const char *secret,
                          struct problem_list *problems, struct installation *installed,
                          struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 6, 7, 8), warn_unused_result));

/* Gives the app another shared secret, a random one when `secret` is NULL; the old one is void at
 * once. *present becomes the new one, owned by the arena. Fails with FAULT_INPUT when the secret
 * cannot serve, with FAULT_NOT_FOUND when the site has no such app. */
bool installation_rotate_secret(struct database *database, struct arena *arena, const char *site,
                                const char *app_key, const char *secret, const char **present,
                                struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 6, 7), warn_unused_result));

#endif
