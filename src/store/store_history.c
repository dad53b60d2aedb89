/* The history of modules and apps, for the operator. */
#include "store/store_history.h"

#include <stdlib.h>

#include "json/json.h"
#include "store/store_array.h"
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
        " 'login', login, 'reason', reason, 'requestId', request_id, 'detail', detail,"
        " 'event', CASE kind WHEN 'module' THEN id END)"
        " ORDER BY happened_at DESC, kind, id DESC), '[]')"
        " FROM (SELECT * FROM dynmod.history"
        " WHERE ($1::text IS NULL OR site_name = $1) AND ($2::text IS NULL OR app_key = $2)"
        " AND ($3::text IS NULL OR actor = $3 OR login = $3)"
        " AND ($7::text IS NULL OR module_key = $7)"
        " AND ($4::text IS NULL OR happened_at >= " TIME(
            "$4") ")"
                  " AND ($5::text IS NULL OR happened_at < " TIME(
                      "$5") ")"
                            " ORDER BY happened_at DESC LIMIT $6::bigint) AS event",
        7, STATEMENT_READS};
    const char *const values[] = {wanted->site,  wanted->app_key, wanted->actor,     wanted->since,
                                  wanted->until, wanted->most,    wanted->module_key};
    return store_query_json(database, arena, &statement, values, events, fault);
}

/* The ids of the events of modules, as texts. */
static struct app_texts event_ids(struct arena *arena, struct json_object *events) {
    size_t count = json_object_array_length(events);
    struct app_texts ids = {arena_alloc(arena, count * sizeof *ids.list), 0};
    for (size_t i = 0; i < count; i++) {
        struct json_object *id = json_member(json_object_array_get_idx(events, i), "event");
        if (id != NULL)
            ids.list[ids.count++] = json_object_get_string(id);
    }
    return ids;
}

bool store_add_definitions(struct database *database, struct arena *arena,
                           struct json_object *events, struct fault *fault) {
    static const struct statement statement = {
        "find_definitions",
        "SELECT pg_catalog.json_object_agg(id, definition) FROM dynmod.module_event"
        " WHERE id = ANY ($1)",
        1, STATEMENT_READS};
    const struct app_texts ids = event_ids(arena, events);
    const char *const values[] = {store_array(arena, &ids)};
    struct json_object *definitions;
    if (ids.count == 0)
        return true;
    if (!store_query_json(database, arena, &statement, values, &definitions, fault))
        return false;
    for (size_t i = 0; i < json_object_array_length(events); i++) {
        struct json_object *event = json_object_array_get_idx(events, i);
        struct json_object *id = json_member(event, "event");
        if (id != NULL)
            json_object_object_add(
                event, "definition",
                json_object_get(json_member(definitions, json_object_get_string(id))));
    }
    return true;
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
