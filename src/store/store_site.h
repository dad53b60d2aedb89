/* The sites, for the operator. */
#ifndef DYNMOD_STORE_STORE_SITE_H
#define DYNMOD_STORE_STORE_SITE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* What can be set of a site, as text; NULL for what is to stay, or for the default of a new one. */
struct store_site {
    const char *base_url;
    const char *client_key;
    const char *on_clash;
    const char *module_limit; /* dynamic modules of an app */
    const char *byte_limit, *module_byte_limit, *history_byte_limit;
};

/* All sites by name: *sites is an array of {"name", "siteBaseUrl", "contextPath", "clientKey",
 * "moduleLimit", "byteLimit", "moduleByteLimit", "historyByteLimit", "onClash", "apps",
 * "createdAt"}, owned by the arena. */
bool store_list_sites(struct database *database, struct arena *arena, struct json_object **sites,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* The name of the site with this name, base URL or address. Fails with FAULT_NOT_FOUND when there
 * is no such site. */
bool store_site_name(struct database *database, struct arena *arena, const char *site,
                     const char **name, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Adds a site and hands it out as store_list_sites() shows it. Fails with FAULT_CONFLICT and the
 * rule that is broken. */
bool store_add_site(struct database *database, struct arena *arena, const char *name,
                    const struct store_site *settings, struct json_object **site,
                    struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Changes the site `name`, but not its client key. Fails with FAULT_NOT_FOUND when there is no such
 * site, with FAULT_CONFLICT as store_add_site(). */
bool store_set_site(struct database *database, struct arena *arena, const char *name,
                    const struct store_site *settings, struct json_object **site,
                    struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
