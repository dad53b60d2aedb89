/* The history of modules and apps, for the operator. */
#include "store/store_history.h"

#include <stdlib.h>

#include "store/store_json.h"
#include "store/store_text.h"

#define TIME(parameter)                                                                            \
    "CASE WHEN " parameter "::text LIKE '% ago' THEN now() + " parameter "::interval"              \
    " ELSE " parameter "::timestamptz END"

bool store_list_history(struct database *database, struct arena *arena,
                        const struct store_history *wanted, struct json_object **events,
                        struct fault *fault) {
    static const struct statement statement = {
        "list_history",
        "SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('id', id,"
        " 'happenedAt', happened_at, 'kind', kind, 'operation', operation, 'site', site_name,"
        " 'app', app_key, 'type', type_name, 'module', module_key, 'actor', actor,"
        " 'login', login, 'reason', reason, 'requestId', request_id, 'detail', detail)"
        " ORDER BY happened_at DESC, kind, id DESC), '[]')"
        " FROM (SELECT * FROM dynmod.history"
        " WHERE ($1::text IS NULL OR site_name = $1) AND ($2::text IS NULL OR app_key = $2)"
        " AND ($3::text IS NULL OR actor = $3 OR login = $3)"
        " AND ($4::text IS NULL OR happened_at >= " TIME(
            "$4") ")"
                  " AND ($5::text IS NULL OR happened_at < " TIME(
                      "$5") ")"
                            " ORDER BY happened_at DESC LIMIT $6::bigint) AS event",
        6, STATEMENT_READS};
    const char *const values[] = {wanted->site,  wanted->app_key, wanted->actor,
                                  wanted->since, wanted->until,   wanted->most};
    return store_query_json(database, arena, &statement, values, events, fault);
}

bool store_prune_history(struct database *database, struct arena *arena, const char *site,
                         const char *days, long most, long *deleted, struct fault *fault) {
    static const struct statement statement = {
        "prune_history", "SELECT dynmod.prune_history($1, $2, $3)", 3, STATEMENT_REPEATABLE};
    const char *const values[] = {site, days, arena_format(arena, "%ld", most)};
    const char *number;
    if (!store_query_text(database, arena, &statement, values, &number, fault))
        return false;
    *deleted = strtol(number, NULL, 10);
    return true;
}
