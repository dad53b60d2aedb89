/* What an export of a site reads, as lines of JSON that PostgreSQL has made. */
#ifndef DYNMOD_STORE_STORE_EXPORT_H
#define DYNMOD_STORE_STORE_EXPORT_H

#include <stdbool.h>

#include "base/app.h"
#include "base/memory.h"
#include "store/database.h"

/* The site with its keys and module types; the private key is as it is kept. The lines are owned by
 * the arena, like those of the next functions. Fails with FAULT_NOT_FOUND. */
bool store_export_site(struct database *database, struct arena *arena, const char *site,
                       struct app_texts *lines, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The keys of the apps behind the key `after`, "" for the first, at most LIMIT_EXPORT_STEP. */
bool store_export_keys(struct database *database, struct arena *arena, const char *site,
                       const char *after, struct app_texts *keys, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* An app, with its modules and properties behind it. */
bool store_export_app(struct database *database, struct arena *arena, const char *site,
                      const char *app_key, struct app_texts *lines, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* The secrets of an app as they are kept, maybe sealed; NULL for none. */
struct store_app_secrets {
    const char *current;
    const char *former;       /* that is still accepted */
    const char *former_until; /* a time as in RFC 3339 */
};

/* Fills in the secrets of the app, owned by the arena. */
bool store_export_secrets(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, struct store_app_secrets *secrets,
                          struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* The events of the app of a kind, as dynmod.export_events() knows them, behind the one with the id
 * *last, at most LIMIT_EXPORT_STEP; *last becomes that of the last one, owned by the arena. */
bool store_export_events(struct database *database, struct arena *arena, const char *site,
                         const char *app_key, const char *kind, const char **last,
                         struct app_texts *lines, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
