/* Registration, replacement and removal of an app's dynamic modules. */
#ifndef DYNMOD_STORE_STORE_MODULES_H
#define DYNMOD_STORE_STORE_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/app.h"
#include "base/memory.h"
#include "store/database.h"

/* SQLSTATEs of the rules that the database itself keeps; database_detail() has what broke them. */
#define STORE_DUPLICATE_KEYS "MD001"   /* JSON array of keys */
#define STORE_OVER_LIMIT "MD002"       /* JSON object {"limit", "present", "added"} */
#define STORE_TYPE_NOT_DYNAMIC "MD003" /* JSON array of type names */
#define STORE_SECOND_SINGLE "MD004"    /* JSON array of type names */
#define STORE_APP_NOT_ENABLED "MD005"
#define STORE_OVER_BYTES "MD011"       /* JSON object {"limit", "present", "added"} */
#define STORE_MODULE_TOO_LARGE "MD012" /* JSON object {"limit", "key", "bytes"} */
#define STORE_NOT_EXPECTED "MD015"     /* JSON object {"revision"} */
#define STORE_NOT_AS_KNOWN "MD020"

/* The expected "revision" of an app without dynamic modules, besides its own. */
#define STORE_NO_MODULES "0"

/* On which terms a change is made. */
struct store_terms {
    /* Revisions in decimal, one of which the app must have: otherwise nothing is done. NULL for
     * any revision. */
    const struct app_texts *expected;
    bool dry_run; /* nothing is stored, whatever is answered */
    /* The standing that the app must have, NULL for any, and with it the version that the types
     * must have; for registrations. Removals look at the standing only, replacements at neither. */
    const char *standing;
    int64_t types_version;
};

/* What a change has done; everything is owned by the arena. */
struct store_change {
    bool unexpected;      /* nothing, as the app's revision is not one of those expected */
    bool not_as_known;    /* nothing, as the app has another standing, or there are other types */
    const char *revision; /* of the app's dynamic modules afterwards */
    size_t count;         /* modules registered or removed by the functions that do just that */
    struct app_texts added, updated, removed, unchanged; /* keys, of a replacement */
};

/* These three fail with FAULT_CONFLICT and one of the SQLSTATEs above if a rule is broken, with
 * STORE_APP_NOT_ENABLED among them if the app may not change its modules. */

/* Registers `modules`, a JSON array of {"type", "definition"} in order, for an app: all of them or
 * none. */
bool store_register_modules(struct database *database, struct arena *arena, const char *site,
                            const char *app_key, const char *modules,
                            const struct store_terms *terms, struct store_change *change,
                            struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Makes `modules`, as above, all the dynamic modules that the app has. */
bool store_replace_modules(struct database *database, struct arena *arena, const char *site,
                           const char *app_key, const char *modules,
                           const struct store_terms *terms, struct store_change *change,
                           struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Makes the dynamic modules that the app had at a moment, a time as PostgreSQL reads it, all that
 * it has, and writes that into the history of the app; of the terms, only a dry run counts. Fails
 * with FAULT_CONFLICT also when the history does not have them all any more. */
bool store_restore_modules(struct database *database, struct arena *arena, const char *site,
                           const char *app_key, const char *moment, const struct store_terms *terms,
                           struct store_change *change, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Removes the app's dynamic modules with these keys, or all of them if `keys` is NULL. Keys that
 * the app does not have are ignored. */
bool store_remove_modules(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, const struct app_texts *keys,
                          const struct store_terms *terms, struct store_change *change,
                          struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 4, 6, 7, 8), warn_unused_result));

#endif
