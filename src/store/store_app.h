/* The apps on a site and their life, for the operator. */
#ifndef DYNMOD_STORE_STORE_APP_H
#define DYNMOD_STORE_STORE_APP_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* An app is shown as an object {"key", "name", "site", "siteBaseUrl", "clientKey", "baseUrl",
 * "state", "scopes", "descriptorModules", "dynamicModules", "dynamicBytes", "byteLimit",
 * "historyBytes", "moduleLimit", "installedAt", "changedAt", "modulesChangedAt"}; the two with
 * modules are numbers. All objects are owned by the arena. Every function fails with
 * FAULT_NOT_FOUND when there is no such site or app. */

/* All apps of a site by key. */
bool store_list_apps(struct database *database, struct arena *arena, const char *site,
                     struct json_object **apps, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* One app with its "descriptor". */
bool store_show_app(struct database *database, struct arena *arena, const char *site,
                    const char *app_key, struct json_object **app, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The modules of an app in order of registration, or those of all apps of the site, by key, if
 * `app_key` is NULL: an array of {"app", "type", "key", "origin", "registeredAt", "definition"}. */
bool store_list_modules(struct database *database, struct arena *arena, const char *site,
                        const char *app_key, struct json_object **modules, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 5, 6), warn_unused_result));

/* Installs the app of `descriptor` (JSON text), upgrades it when it is there, or brings an
 * uninstalled one back. `secret`, NULL for a random one, becomes its shared secret unless it is an
 * upgrade. *installed
 * becomes {"key", "clientKey", "sharedSecret", "state", "site", "baseUrl", "action", "dropped"}:
 * action is installed, upgraded or reinstalled, dropped an array of the dynamic modules {"type",
 * "key"} that clashed. Fails with FAULT_CONFLICT when the database refuses the descriptor. */
bool store_install_app(struct database *database, struct arena *arena, const char *site,
                       const char *descriptor, const char *secret, struct json_object **installed,
                       struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 6, 7), warn_unused_result));

/* The installed apps of a site by key, or the one `app_key` if that is not NULL: an array of
 * {"key", "name", "state", "baseUrl", "version", "description", "vendor", "installedAt"}, or NULL
 * for none. For the admin program, which may not read tables. */
bool store_describe_apps(struct database *database, struct arena *arena, const char *site,
                         const char *app_key, struct json_object **apps, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 5, 6), warn_unused_result));

/* Makes an app enabled, disabled or uninstalled, for `actor`, NULL for the login role. If
 * `call_app`, the calls that tell the app of the change wait to be made. Fails with FAULT_CONFLICT
 * for an uninstalled app, which only an installation brings back, and while it is being installed.
 */
bool store_set_app_state(struct database *database, const char *site, const char *app_key,
                         const char *state, bool call_app, const char *actor, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 7), warn_unused_result));

/* Makes `secret`, sealed or not, or for NULL a random one, the app's shared secret; the old one is
 * accepted for `keep_seconds` more. *present becomes the new one, owned by the arena. Fails with
 * FAULT_CONFLICT when another app has it. */
bool store_rotate_secret(struct database *database, struct arena *arena, const char *site,
                         const char *app_key, const char *secret, long keep_seconds,
                         const char **present, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 7, 8), warn_unused_result));

#endif
