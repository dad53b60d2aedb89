/* The apps that have called last, as this process found them in the database: as long as they have
 * not changed there, they need not be found again. */
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

/* The app with what `former` has and it has not. */
static struct app merge(const struct app *app, const struct app *former) {
    struct app merged = *app;
    if (merged.version == NULL) {
        merged.id = former->id;
        merged.version = former->version;
        merged.revision = former->revision;
        merged.document = former->document;
    }
    if (merged.scopes.list == NULL) {
        merged.scopes = former->scopes;
        merged.module_limit = former->module_limit;
    }
    return merged;
}

static struct app_texts copy_texts(struct arena *arena, const struct app_texts *texts) {
    struct app_texts copy = {.count = texts->count};
    if (texts->list == NULL)
        return copy;
    copy.list = arena_alloc(arena, texts->count * sizeof *copy.list);
    for (size_t i = 0; i < texts->count; i++)
        copy.list[i] = arena_text(arena, texts->list[i]);
    return copy;
}

static struct known_app copy(const char *site, const struct app *app) {
    struct arena *arena = arena_new();
    return (struct known_app){
        .arena = arena,
        .site = arena_text(arena, site),
        .app = {.key = arena_text(arena, app->key),
                .id = arena_text(arena, app->id),
                .version = arena_text(arena, app->version),
                .standing = arena_text(arena, app->standing),
                .site = arena_text(arena, app->site),
                .context_path = arena_text(arena, app->context_path),
                .state = arena_text(arena, app->state),
                .shared_secret = arena_text(arena, app->shared_secret),
                .revision = arena_text(arena, app->revision),
                .document = is_small(app->document) ? arena_text(arena, app->document) : NULL,
                .scopes = copy_texts(arena, &app->scopes),
                .module_limit = app->module_limit},
    };
}

void known_apps_keep(struct known_apps *known, const char *site, const struct app *app) {
    const struct known_app *former = find(known, site, app->key);
    size_t place = former == NULL ? known->next : (size_t)(former - known->kept);
    struct known_app kept = {0};
    if (former == NULL && app->standing == NULL)
        return;
    if (app->standing != NULL) {
        bool same = former != NULL && strcmp(former->app.standing, app->standing) == 0;
        struct app merged = same ? merge(app, &former->app) : *app;
        kept = copy(site, &merged);
    }
    forget(&known->kept[place]);
    known->kept[place] = kept;
    if (former == NULL)
        known->next = (known->next + 1) % LIMIT_KNOWN_APPS;
}

void known_apps_clear(struct known_apps *known) {
    for (size_t i = 0; i < LIMIT_KNOWN_APPS; i++)
        forget(&known->kept[i]);
}
