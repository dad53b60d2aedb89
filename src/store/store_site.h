/* The sites, for the operator. */
#ifndef DYNMOD_STORE_STORE_SITE_H
#define DYNMOD_STORE_STORE_SITE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* All sites by name: *sites is an array of {"name", "baseUrl", "contextPath", "clientKey",
 * "moduleLimit", "onClash", "apps", "createdAt"}, owned by the arena. */
bool store_list_sites(struct database *database, struct arena *arena, struct json_object **sites,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Adds a site and hands it out as store_list_sites() shows it. `client_key` and `module_limit`
 * may be NULL, for what the database chooses. Fails with FAULT_CONFLICT and the rule that is
 * broken. */
bool store_add_site(struct database *database, struct arena *arena, const char *name,
                    const char *base_url, const char *client_key, const char *module_limit,
                    struct json_object **site, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 7, 8), warn_unused_result));

/* Changes what is not NULL of the site `name`. Fails with FAULT_NOT_FOUND when there is no such
 * site, with FAULT_CONFLICT as store_add_site(). */
bool store_set_site(struct database *database, struct arena *arena, const char *name,
                    const char *base_url, const char *module_limit, const char *on_clash,
                    struct json_object **site, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 7, 8), warn_unused_result));

#endif
