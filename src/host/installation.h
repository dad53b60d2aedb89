/* The installation of an app on a site, and the secret that it shares with the host. */
#ifndef DYNMOD_HOST_INSTALLATION_H
#define DYNMOD_HOST_INSTALLATION_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "connect/problem.h"
#include "host/host.h"

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
    const char *site_base_url;
    const char *base_url;                      /* of the app */
    const struct installation_module *dropped; /* dynamic modules that the descriptor displaced */
    size_t dropped_count;
};

/* "installed", "upgraded" or "reinstalled". */
const char *installation_action_name(enum installation_action action)
    __attribute__((returns_nonnull));

/* Adds everything that is wrong with the descriptor according to the stored module types to
 * `problems`, sorted. Fails with FAULT_INPUT if there are errors; warnings do not count. */
bool installation_check(const struct host *host, struct json_object *descriptor,
                        struct problem_list *problems, struct fault *fault)
    __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* Reads what the database answers to an installation of `descriptor` in which `secret`, NULL for
 * none, was asked for. */
bool installation_read(const struct host *host, struct json_object *descriptor,
                       struct json_object *answer, const char *secret,
                       struct installation *installed, struct fault *fault)
    __attribute__((nonnull(1, 5, 6), warn_unused_result));

/* Installs the app of `descriptor` on the site, upgrades it, or brings it back, without a call to
 * it. A new or returning app gets `secret` as its shared secret, or a random one if that is NULL.
 * The descriptor is checked as by installation_check(). Fails, with nothing stored, with
 * FAULT_INPUT if the descriptor has errors or the secret is not acceptable, with FAULT_NOT_FOUND if
 * there is no such site, with FAULT_CONFLICT if the database refuses the descriptor. */
bool installation_install(const struct host *host, struct json_object *descriptor,
                          const char *secret, struct problem_list *problems,
                          struct installation *installed, struct fault *fault)
    __attribute__((nonnull(1, 4, 5, 6), warn_unused_result));

/* Gives the app a new shared secret, without a call to it: `secret`, or a random one if that is
 * NULL. The old one stops working after `keep_seconds`. *present becomes the new one, owned by the
 * arena. Fails with FAULT_INPUT if the secret is not acceptable, with FAULT_CONFLICT if another app
 * has it, with FAULT_NOT_FOUND if the site has no such app. */
bool installation_rotate_secret(const struct host *host, const char *app_key, const char *secret,
                                long keep_seconds, const char **present, struct fault *fault)
    __attribute__((nonnull(1, 2, 5, 6), warn_unused_result));

#endif
