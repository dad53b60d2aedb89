/* The log of requests: one line for each that has been answered. */
#include "http/request_log.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "http/flood.h"

enum { FIRST_REFUSAL = 400, TOO_LATE = 408, TOO_MANY = 429, FIRST_FAILURE = 500 };

static enum log_level level_of(const struct exchange *exchange) {
    int status = exchange->response->status;
    if (status >= FIRST_FAILURE)
        return LOG_LEVEL_ERROR;
    if (status >= FIRST_REFUSAL)
        return LOG_LEVEL_WARNING;
    return exchange->routine ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

/* Without the query, in which there may be a token. */
static const char *path_of(const struct exchange *exchange) {
    const char *target = exchange->request->target;
    size_t length = strcspn(target, "?");
    return arena_copy(exchange->request->arena, target,
                      utf8_fitting(target, length, LIMIT_LOG_PATH));
}

static const char *milliseconds(struct arena *arena, uint64_t microseconds) {
    return arena_format(arena, "%" PRIu64 ".%03u", microseconds / 1000,
                        (unsigned)(microseconds % 1000));
}

/* The bytes of the body that are sent. */
static size_t body_length(const struct exchange *exchange) {
    return strcmp(exchange->request->method, "HEAD") == 0 ? 0 : exchange->response->body_length;
}

/* Whether the line may be written; *note gets what was left out before. */
static bool admit(const struct exchange *exchange, const char *path, const char **note,
                  bool *last) {
    const int status = exchange->response->status;
    struct arena *arena = exchange->request->arena;
    unsigned more;
    *note = exchange->response->note;
    *last = false;
    /* those that were too late are few: each has kept a process waiting */
    if (status < FIRST_REFUSAL || status >= FIRST_FAILURE || status == TOO_LATE ||
        (exchange->caller.known && status != TOO_MANY))
        return true;
    const char *text = *note == NULL ? "" : *note;
    if (!flood_admits_line(exchange, arena_format(arena, "%d %s %s", status, path, text), &more,
                           last))
        return false;
    if (more > 0)
        *note = arena_format(arena, "%s (and %u more like it that were not logged)", text, more);
    return true;
}

void request_log(const struct exchange *exchange, uint64_t taken, uint64_t database) {
    const struct request *request = exchange->request;
    struct arena *arena = request->arena;
    const bool known = exchange->caller.known;
    const char *note, *path;
    bool last;
    enum log_level level = level_of(exchange);
    if (!log_shows(level) || !admit(exchange, path = path_of(exchange), &note, &last))
        return;
    const char *app = exchange->caller.app, *administrator = exchange->caller.administrator;
    const struct log_field fields[] = {
        /* first what a client cannot choose, for those who search */
        {"status", arena_format(arena, "%d", exchange->response->status), true},
        {"client", request->client_address, false},
        {"site", exchange->site, false},
        {known ? "app" : "claimed_app", app, false},
        {known ? "administrator" : "claimed_administrator", administrator, false},
        {"method", request->method, false},
        {"path", path, false},
        {"bytes", arena_format(arena, "%zu", body_length(exchange)), true},
        {"ms", milliseconds(arena, taken), true},
        {"db_ms", milliseconds(arena, database), true},
    };
    log_write_fields(level, fields, sizeof fields / sizeof fields[0], note);
    if (last)
        log_write(LOG_LEVEL_WARNING, "further refusals of %s in this minute are not logged",
                  flood_address(exchange));
}
