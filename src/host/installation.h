/* The installation of an app on a site, and the secret that it shares with the host. */
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
    INSTALLATION_UPGRADED,    /* the site had it; secret and state stay the same */
    INSTALLATION_REINSTALLED, /* an uninstalled app came back, with its dynamic modules */
    INSTALLATION_ACTIONS,
};

struct installation_module {
    const char *type, *key;
};

/* The result of an installation; owned by the arena of the call. */
struct installation {
    enum installation_action action;
    const char *key; /* of the app */
    const char *client_key;
    const char *shared_secret; /* the present one; only for the operator and the app */
    bool secret_kept;          /* an upgrade ignored the chosen secret */
    const char *state;
    const char *site;
    const char *base_url;                      /* of the site */
    const struct installation_module *dropped; /* dynamic modules that the descriptor displaced */
    size_t dropped_count;
};

/* "installed", "upgraded" or "reinstalled". */
const char *installation_action_name(enum installation_action action)
    __attribute__((returns_nonnull));

/* Installs the app of `descriptor` on the site, upgrades it, or brings it back. A new or returning
 * app gets `secret` as its shared secret, or a random one if that is NULL. Everything that is wrong
 * with the descriptor according to the stored module types is added to `problems`, sorted; warnings
 * do not prevent the installation. Fails, with nothing stored, with FAULT_INPUT if there are errors
 * or the secret is not acceptable, with FAULT_NOT_FOUND if there is no such site, with
 * FAULT_CONFLICT if the database refuses the descriptor. */
bool installation_install(struct database *database, struct arena *arena, const char *site,
                          struct json_object *descriptor, const char *secret,
                          struct problem_list *problems, struct installation *installed,
                          struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 6, 7, 8), warn_unused_result));

/* Gives the app a new shared secret: `secret`, or a random one if that is NULL. The old one stops
 * working immediately. *present becomes the new one, owned by the arena. Fails with FAULT_INPUT if
 * the secret is not acceptable, with FAULT_NOT_FOUND if the site has no such app. */
bool installation_rotate_secret(struct database *database, struct arena *arena, const char *site,
                                const char *app_key, const char *secret, const char **present,
                                struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 6, 7), warn_unused_result));

#endif
