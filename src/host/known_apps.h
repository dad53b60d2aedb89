/* The apps that have called GET last, as this process found them in the database: as long as they
 * have not changed there, they need not be found again. */
#ifndef DYNMOD_HOST_KNOWN_APPS_H
#define DYNMOD_HOST_KNOWN_APPS_H

#include <stddef.h>

#include "base/app.h"
#include "base/limits.h"
#include "base/memory.h"

struct known_app {
    struct arena *arena; /* owns all texts of `app`; NULL while the place is free */
    const char *site;    /* as a request names it */
    struct app app;      /* with what a GET needs; without the document if it is large */
};

struct known_apps {
    struct known_app kept[LIMIT_KNOWN_APPS];
    size_t next; /* the place for the next one */
};

/* The app as it was kept last, or NULL. It is valid until the next call of one of the functions
 * below, and right if the app has not changed (store_app_is_unchanged()). */
const struct app *known_apps_find(const struct known_apps *known, const char *site,
                                  const char *app_key) __attribute__((nonnull));

/* Keeps a copy of an app that has a version, in place of what was known of it or of the app that
 * was kept first; forgets one that has none. */
void known_apps_keep(struct known_apps *known, const char *site, const struct app *app)
    __attribute__((nonnull));

/* Forgets and frees all. */
void known_apps_clear(struct known_apps *known) __attribute__((nonnull));

#endif
