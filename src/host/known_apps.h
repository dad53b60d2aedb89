/* The apps that have called last, as this process found them in the database: as long as they have
 * not changed there, they need not be found again. */
#ifndef DYNMOD_HOST_KNOWN_APPS_H
#define DYNMOD_HOST_KNOWN_APPS_H

#include <stddef.h>

#include "base/app.h"
#include "base/limits.h"
#include "base/memory.h"

struct known_app {
    struct arena *arena; /* owns all texts of `app`; NULL while the place is free */
    const char *site;    /* as a request names it */
    struct app app;      /* without the document if it is large, and never with modules */
};

struct known_apps {
    struct known_app kept[LIMIT_KNOWN_APPS];
    size_t next; /* the place for the next one */
};

/* The app as it was kept last, or NULL. It is valid until the next call of one of the functions
 * below. All of it is right if the app has not changed (store_app_is_unchanged()), and what its
 * standing tells, if it still has that. */
const struct app *known_apps_find(const struct known_apps *known, const char *site,
                                  const char *app_key) __attribute__((nonnull));

/* Keeps a copy of an app that has a standing, in place of what was known of it or of the app that
 * was kept first, with the parts that were known of the same standing and are not known of this
 * one; forgets an app that has none. */
void known_apps_keep(struct known_apps *known, const char *site, const struct app *app)
    __attribute__((nonnull));

/* Forgets and frees all. */
void known_apps_clear(struct known_apps *known) __attribute__((nonnull));

#endif
