/* The calls that the host makes to apps: those that wait, and their history. */
#include "store/store_call.h"

#include "base/log.h"
#include "store/store_json.h"
#include "store/store_missing.h"
#include "store/store_request.h"
#include "store/store_text.h"

bool store_claim_callback(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, long seconds, struct json_object **callback,
                          struct fault *fault) {
    static const struct statement statement = {
        "claim_callback", "SELECT dynmod.claim_callback($1, $2, $3)", 3, STATEMENT_ONCE};
    const char *const values[] = {site, app_key, arena_format(arena, "%ld", seconds)};
    return store_query_json(database, arena, &statement, values, callback, fault);
}

bool store_finish_callback(struct database *database, const char *site, const char *id,
                           const char *detail, bool *again, struct fault *fault) {
    static const struct statement statement = {"finish_callback",
                                               "SELECT dynmod.finish_callback(" STORE_REQUEST_SITE
                                               ", $2, $3) FROM " STORE_REQUEST("$4"),
                                               4, STATEMENT_ONCE};
    const char *const values[] = {site, id, detail, log_request()};
    return store_query_truth(database, &statement, values, again, fault);
}

bool store_record_call(struct database *database, const char *site, const char *app_key,
                       const char *detail, struct fault *fault) {
    static const struct statement statement = {"record_call",
                                               "SELECT dynmod.record_call(" STORE_REQUEST_SITE
                                               ", $2, $3) FROM " STORE_REQUEST("$4"),
                                               4, STATEMENT_ONCE};
    const char *const values[] = {site, app_key, detail, log_request()};
    return store_execute(database, &statement, values, fault);
}

bool store_list_callbacks(struct database *database, struct arena *arena, const char *site,
                          struct json_object **callbacks, struct fault *fault) {
    static const struct statement statement = {
        "list_callbacks",
        "SELECT COALESCE((SELECT pg_catalog.json_agg(pg_catalog.json_build_object("
        "'id', waiting.id, 'app', waiting.app_key, 'event', waiting.event,"
        " 'createdAt', waiting.created_at, 'attempts', waiting.attempts,"
        " 'nextAttemptAt', waiting.next_attempt_at, 'lastError', waiting.last_error)"
        " ORDER BY waiting.id) FROM dynmod.waiting_callback AS waiting"
        " WHERE waiting.site_name = site.name), '[]') FROM dynmod.site WHERE site.name = $1",
        1, STATEMENT_READS};
    if (!store_query_json(database, arena, &statement, &site, callbacks, fault))
        return false;
    return *callbacks != NULL || store_missing_site(site, fault);
}
