/* Finding an app by its site and key, with what one request needs of it. */
#ifndef DYNMOD_STORE_STORE_FIND_H
#define DYNMOD_STORE_STORE_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/app.h"
#include "base/memory.h"
#include "store/database.h"

/* The three below find the app `app_key` on the site `site`, a name or an address, and fill in
 * *app, each in one round trip and with no more than its name says; the arena owns the strings. If
 * the site has no such app, app->state is NULL. They fail with FAULT_NOT_FOUND if no site has the
 * address, with FAULT_UNAVAILABLE if the database is unavailable, has no site of this name, or is
 * older than this program needs. */
bool store_find_app(struct database *database, struct arena *arena, const char *site,
                    const char *app_key, struct app *app, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* With revision, and with the document unless the revision is one of `known`, decimal numbers. With
 * id and version only while what was found may be known without looking again, and without those
 * and a standing over a short-lived connection, where nobody looks again. */
bool store_find_app_with_document(struct database *database, struct arena *arena, const char *site,
                                  const char *app_key, const struct app_texts *known,
                                  struct app *app, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Whether all that store_find_app_with_document() has found of the app, which has a version, is
 * still so. */
bool store_app_is_unchanged(struct database *database, const struct app *app, bool *unchanged,
                            struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* The module types as a JSON text for module_types_read(). */
struct store_types {
    int64_t version;
    const char *json; /* NULL when `known_version` was the newest */
};

/* With scopes, modules and limit, and with the module types if they are not those of the version
 * `known_version`. */
bool store_find_app_for_registration(struct database *database, struct arena *arena,
                                     const char *site, const char *app_key, int64_t known_version,
                                     struct app *app, struct store_types *types,
                                     struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
