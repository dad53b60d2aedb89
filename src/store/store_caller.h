/* Who is calling, and what the resources need to know of that app. */
#ifndef DYNMOD_STORE_STORE_CALLER_H
#define DYNMOD_STORE_STORE_CALLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "store/database.h"

/* An app on a site as one query finds it; texts are owned by the arena of that query. */
struct caller {
    const char *context_path;  /* of the site: "" or "/jira" */
    const char *app_key;       /* as asked for */
    const char *app_id;        /* NULL when the site has no such app */
    const char *state;         /* enabled, disabled or uninstalled */
    const char *shared_secret; /* never to be logged or shown */

    /* by store_find_caller_with_document() only */
    const char *revision; /* changes with every change of the app's dynamic modules */
    const char *document; /* what GET answers */

    /* by store_find_caller_for_registration() only */
    const char *scopes;  /* JSON array of texts */
    const char *modules; /* JSON array of {"type","key","origin"} over both origins */
    long module_limit;
    int64_t types_version;
    const char *types; /* NULL when `known_types_version` is the newest; else a JSON object */
};

/* The three below find the app `app_key` on the site `site` and fill *caller, each in one round
 * trip and with no more than its name says. An unknown app leaves app_id NULL. They fail with
 * FAULT_UNAVAILABLE when the database is not to be had, has no such site, or has a schema older
 * than this program needs. */
bool store_find_caller(struct database *database, struct arena *arena, const char *site,
                       const char *app_key, struct caller *caller, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
bool store_find_caller_with_document(struct database *database, struct arena *arena,
                                     const char *site, const char *app_key, struct caller *caller,
                                     struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
bool store_find_caller_for_registration(struct database *database, struct arena *arena,
                                        const char *site, const char *app_key,
                                        int64_t known_types_version, struct caller *caller,
                                        struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
