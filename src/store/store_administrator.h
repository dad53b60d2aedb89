/* Administrators: who may install apps over HTTP. */
#ifndef DYNMOD_STORE_STORE_ADMINISTRATOR_H
#define DYNMOD_STORE_STORE_ADMINISTRATOR_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* What is needed to admit an administrator. Strings are owned by the arena. */
struct store_administrator {
    const char *site;          /* the name of the site; NULL when there is no such site */
    const char *context_path;  /* of the site; NULL likewise */
    const char *base_url;      /* of the site, without a slash at its end */
    const char *password_hash; /* NULL for an unknown name */
    bool loopback_only;        /* accepted only from the machine of the web server */
    bool known_address;        /* the name has been accepted from there */
    long wait;                 /* seconds before this name or address may try again */
};

/* What there is to know of `name`, who asks the site `site`, a name or an address, from `address`.
 */
bool store_find_administrator(struct database *database, struct arena *arena, const char *site,
                              const char *name, const char *address,
                              struct store_administrator *administrator, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Counts a refused password for its name and address, or keeps the address of an accepted one. */
bool store_record_login(struct database *database, const char *site, const char *name,
                        const char *address, bool succeeded, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Adds an administrator, or changes the password of one; *added says which. Fails with
 * FAULT_CONFLICT when the name is not valid. */
bool store_set_administrator(struct database *database, const char *name, const char *password_hash,
                             bool loopback_only, bool *added, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* All of them by name: an array of {"name", "loopbackOnly", "changedAt"}, owned by the arena. */
bool store_list_administrators(struct database *database, struct arena *arena,
                               struct json_object **administrators, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Fails with FAULT_NOT_FOUND when there is no such administrator. */
bool store_remove_administrator(struct database *database, struct arena *arena, const char *name,
                                struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
