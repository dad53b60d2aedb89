/* The past of one app's modules. */
#include "store/store_past.h"

#include <stdlib.h>

#include "json/json.h"
#include "store/store_json.h"
#include "store/store_missing.h"

bool store_list_events(struct database *database, struct arena *arena, const char *site,
                       const char *app_key, const char *before, size_t most, size_t bytes,
                       struct store_events *events, struct fault *fault) {
    static const struct statement statement = {
        "find_events",
        "SELECT id, event, found FROM (SELECT id, event, pg_catalog.count(*) OVER () AS found,"
        " pg_catalog.sum(pg_catalog.octet_length(event)) OVER (ORDER BY id DESC) AS bytes,"
        " pg_catalog.row_number() OVER (ORDER BY id DESC) AS place"
        " FROM (SELECT id, pg_catalog.json_build_object('id', id,"
        " 'time', pg_catalog.to_char(happened_at AT TIME ZONE 'UTC',"
        " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), 'actor', actor, 'operation', operation,"
        " 'reason', reason, 'type', type_name, 'key', module_key, 'origin', origin,"
        " 'definition', definition, 'requestId', request_id)::text AS event"
        " FROM dynmod.app_history($1, $2, $3, $4)) AS written) AS counted"
        " WHERE bytes <= $5::bigint OR place = 1 ORDER BY id DESC",
        5, STATEMENT_READS};
    enum { ID, JSON, FOUND };
    PGresult *result;
    const char *const values[] = {site, app_key, before, arena_format(arena, "%zu", most),
                                  arena_format(arena, "%zu", bytes)};
    if (!database_query(database, &statement, values, &result, fault))
        return false;
    size_t count = (size_t)PQntuples(result);
    *events = (struct store_events){arena_alloc(arena, count * sizeof *events->list), count, false};
    for (size_t i = 0; i < count; i++) {
        events->list[i].id = arena_text(arena, database_value(result, (int)i, ID));
        events->list[i].json = arena_text(arena, database_value(result, (int)i, JSON));
    }
    if (count > 0)
        events->more = strtoull(database_value(result, 0, FOUND), NULL, 10) > count;
    PQclear(result);
    return true;
}

bool store_list_past_modules(struct database *database, struct arena *arena, const char *site,
                             const char *app_key, const char *moment, enum store_past_reader reader,
                             struct store_past_module **modules, size_t *count,
                             struct fault *fault) {
    static const struct statement statements[] = {
        [STORE_PAST_OPERATOR] = {"find_past_modules",
                                 "SELECT type_name, module_key, definition"
                                 " FROM dynmod.modules_at($1, $2, $3)",
                                 3, STATEMENT_READS},
        [STORE_PAST_APP] = {"find_own_past_modules",
                            "SELECT type_name, module_key, definition"
                            " FROM dynmod.own_modules_at($1, $2, $3)",
                            3, STATEMENT_READS},
    };
    enum { TYPE, KEY, DEFINITION };
    PGresult *result;
    const char *const values[] = {site, app_key, moment};
    if (!database_query(database, &statements[reader], values, &result, fault))
        return fault->kind == FAULT_NOT_FOUND && store_missing_app(site, app_key, fault);
    *count = (size_t)PQntuples(result);
    *modules = arena_alloc(arena, *count * sizeof **modules);
    for (int i = 0; i < PQntuples(result); i++)
        (*modules)[i] = (struct store_past_module){
            .type = arena_text(arena, database_value(result, i, TYPE)),
            .key = arena_text(arena, database_value(result, i, KEY)),
            .definition = arena_text(arena, database_value(result, i, DEFINITION)),
        };
    PQclear(result);
    return true;
}

bool store_moment_after(struct database *database, struct arena *arena, const char *site,
                        const char *app_key, const char *event, const char **moment,
                        struct fault *fault) {
    static const struct statement statement = {
        "moment_after", "SELECT pg_catalog.to_json(dynmod.moment_after($1, $2, $3))", 3,
        STATEMENT_READS};
    const char *const values[] = {site, app_key, event};
    struct json_object *answer;
    if (store_query_json(database, arena, &statement, values, &answer, fault)) {
        *moment = json_object_get_string(answer);
        return true;
    }
    return fault->kind == FAULT_NOT_FOUND &&
           fault_set(fault, FAULT_NOT_FOUND,
                     "the history of the app \"%s\" on the site \"%s\" has no event %s of a "
                     "module",
                     app_key, site, event);
}
