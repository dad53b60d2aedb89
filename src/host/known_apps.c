/* The apps that have called GET last, as this process found them in the database: as long as they
 * have not changed there, they need not be found again. */
#include "host/known_apps.h"

#include <string.h>

static const struct known_app *find(const struct known_apps *known, const char *site,
                                    const char *app_key) {
    for (size_t i = 0; i < LIMIT_KNOWN_APPS; i++) {
        const struct known_app *kept = &known->kept[i];
        if (kept->arena != NULL && strcmp(kept->app.key, app_key) == 0 &&
            strcmp(kept->site, site) == 0)
            return kept;
    }
    return NULL;
}

const struct app *known_apps_find(const struct known_apps *known, const char *site,
                                  const char *app_key) {
    const struct known_app *kept = find(known, site, app_key);
    return kept == NULL ? NULL : &kept->app;
}

static void forget(struct known_app *kept) {
    arena_free(kept->arena);
    *kept = (struct known_app){0};
}

static bool is_small(const char *document) {
    return document != NULL && strlen(document) <= LIMIT_KNOWN_DOCUMENT;
}

void known_apps_keep(struct known_apps *known, const char *site, const struct app *app) {
    const struct known_app *former = find(known, site, app->key);
    size_t place = former == NULL ? known->next : (size_t)(former - known->kept);
    if (former == NULL && app->version == NULL)
        return;
    forget(&known->kept[place]);
    if (app->version == NULL)
        return;
    struct arena *arena = arena_new();
    known->kept[place] = (struct known_app){
        .arena = arena,
        .site = arena_text(arena, site),
        .app = {.key = arena_text(arena, app->key),
                .id = arena_text(arena, app->id),
                .version = arena_text(arena, app->version),
                .site = arena_text(arena, app->site),
                .context_path = arena_text(arena, app->context_path),
                .state = arena_text(arena, app->state),
                .shared_secret = arena_text(arena, app->shared_secret),
                .revision = arena_text(arena, app->revision),
                .document = is_small(app->document) ? arena_text(arena, app->document) : NULL},
    };
    if (former == NULL)
        known->next = (known->next + 1) % LIMIT_KNOWN_APPS;
}

void known_apps_clear(struct known_apps *known) {
    for (size_t i = 0; i < LIMIT_KNOWN_APPS; i++)
        forget(&known->kept[i]);
}
