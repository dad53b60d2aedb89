/* The tasks that install apps with a call to them. */
#include "store/store_task.h"

#include "base/log.h"
#include "store/store_json.h"
#include "store/store_missing.h"
#include "store/store_request.h"
#include "store/store_text.h"

static const char *number(struct arena *arena, long value) {
    return arena_format(arena, "%ld", value);
}

bool store_create_task(struct database *database, struct arena *arena, const char *site,
                       const char *source, long seconds, const char *actor, const char **task,
                       struct fault *fault) {
    static const struct statement statement = {
        "create_task", "SELECT dynmod.create_task($1, $2, $3, $4)", 4, STATEMENT_ONCE};
    const char *const values[] = {site, source, number(arena, seconds), actor};
    return store_query_text(database, arena, &statement, values, task, fault) ||
           (fault->kind == FAULT_NOT_FOUND && store_missing_site(site, fault));
}

bool store_begin_download(struct database *database, struct arena *arena, const char *site,
                          const char *task, long seconds, const char **source,
                          struct fault *fault) {
    static const struct statement statement = {
        "begin_download", "SELECT dynmod.advance_task($1, $2, 'downloading', $3)", 3,
        STATEMENT_REPEATABLE};
    const char *const values[] = {site, task, number(arena, seconds)};
    return store_query_text(database, arena, &statement, values, source, fault);
}

bool store_begin_installation(struct database *database, struct arena *arena, const char *site,
                              const char *task, const char *descriptor, const char *secret,
                              long seconds, struct json_object **installed, struct fault *fault) {
    static const struct statement statement = {
        "begin_installation",
        "SELECT dynmod.begin_installation(" STORE_REQUEST_SITE
        ", $2, $3, $4, $5) FROM " STORE_REQUEST("$6"),
        6, STATEMENT_ONCE};
    const char *const values[] = {site,         task, descriptor, secret, number(arena, seconds),
                                  log_request()};
    return store_query_json(database, arena, &statement, values, installed, fault);
}

bool store_begin_rotation(struct database *database, struct arena *arena, const char *site,
                          const char *task, const char *app_key, const char *secret, long seconds,
                          long keep_seconds, struct json_object **rotated, struct fault *fault) {
    static const struct statement statement = {
        "begin_rotation", "SELECT dynmod.begin_rotation($1, $2, $3, $4, $5, $6)", 6,
        STATEMENT_ONCE};
    const char *const values[] = {
        site, task, app_key, secret, number(arena, seconds), number(arena, keep_seconds)};
    return store_query_json(database, arena, &statement, values, rotated, fault) ||
           (fault->kind == FAULT_NOT_FOUND && store_missing_app(site, app_key, fault));
}

bool store_end_installation(struct database *database, const char *site, const char *task,
                            const char *error, bool call_enabled, struct fault *fault) {
    static const struct statement statement = {"end_installation",
                                               "SELECT dynmod.end_installation(" STORE_REQUEST_SITE
                                               ", $2, $3, $4) FROM " STORE_REQUEST("$5"),
                                               5, STATEMENT_ONCE};
    const char *const values[] = {site, task, error, call_enabled ? "true" : "false",
                                  log_request()};
    return store_execute(database, &statement, values, fault);
}

bool store_find_task(struct database *database, struct arena *arena, const char *site,
                     const char *task, struct json_object **found, struct fault *fault) {
    static const struct statement statement = {"find_task", "SELECT dynmod.find_task($1, $2)", 2,
                                               STATEMENT_REPEATABLE};
    const char *const values[] = {site, task};
    return store_query_json(database, arena, &statement, values, found, fault);
}
