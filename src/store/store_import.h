/* What an import asks of the database, and what it brings in. */
#ifndef DYNMOD_STORE_STORE_IMPORT_H
#define DYNMOD_STORE_STORE_IMPORT_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* The sites that have this name, this client key or the address of this base URL: *found is an
 * array of {"name", "clientKey", "baseUrl", "sameAddress", "moduleLimit", "byteLimit",
 * "moduleByteLimit"}, owned by the arena, or NULL when `base_url` is not one. */
bool store_find_sites(struct database *database, struct arena *arena, const char *name,
                      const char *client_key, const char *base_url, struct json_object **found,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Whether a site other than `site` has a key with this id. */
bool store_key_is_taken(struct database *database, const char *site, const char *kid, bool *taken,
                        struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Adds a site with its keys, as an export has them in two JSON texts; private keys may be sealed.
 * *added is false when it is there already. */
bool store_import_site(struct database *database, const char *site, const char *settings,
                       const char *keys, bool *added, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* An app as an export has it. */
struct store_moved_app {
    const char *key;
    const char *lines;         /* all of the app, as an array in JSON */
    const char *secret;        /* maybe sealed, like the next; NULL for none */
    const char *former_secret; /* NULL for none */
    const char *former_until;
};

/* What an import comes upon. */
enum store_import_outcome {
    STORE_IMPORT_NEW,
    STORE_IMPORT_EQUAL,     /* the app is there already */
    STORE_IMPORT_DIFFERENT, /* another app with the key is there */
    STORE_IMPORT_SECRET,    /* another app has the secret, or the former one */
    STORE_IMPORT_OUTCOMES,
};

/* Looks what an import of the app would come upon, and how many bytes its dynamic modules have
 * together, and the largest of them. */
bool store_compare_app(struct database *database, const char *site,
                       const struct store_moved_app *app, enum store_import_outcome *outcome,
                       long *bytes, long *largest, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Brings the app in if it is new. Fails with FAULT_CONFLICT when a rule is broken. */
bool store_import_app(struct database *database, const char *site,
                      const struct store_moved_app *app, enum store_import_outcome *outcome,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Brings in lines of the history of an app, as an array in JSON, before the app itself. Their
 * number in *imported is 0 when the app is there already, which keeps the history that it has. */
bool store_import_events(struct database *database, const char *site, const char *app_key,
                         const char *lines, long *imported, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
