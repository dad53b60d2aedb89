/* The dynamic modules that an app had at a moment. */
#include "store/store_past.h"

#include "json/json.h"
#include "store/store_json.h"
#include "store/store_missing.h"

bool store_modules_at(struct database *database, struct arena *arena, const char *site,
                      const char *app_key, const char *moment, struct json_object **modules,
                      struct fault *fault) {
    static const struct statement statement = {
        "modules_at",
        "SELECT COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object('app', $2::text,"
        " 'type', type_name, 'key', module_key, 'origin', 'dynamic', 'at', $3::timestamptz,"
        " 'definition', definition) ORDER BY place), '[]')"
        " FROM dynmod.modules_at($1, $2, $3) WITH ORDINALITY"
        " AS past (type_name, module_key, definition, place)",
        3, STATEMENT_READS};
    const char *const values[] = {site, app_key, moment};
    return store_query_json(database, arena, &statement, values, modules, fault) ||
           (fault->kind == FAULT_NOT_FOUND && store_missing_app(site, app_key, fault));
}

bool store_moment_after(struct database *database, struct arena *arena, const char *site,
                        const char *app_key, const char *event, const char **moment,
                        struct fault *fault) {
    /* A moment sees the events of the app before the first one that is later. After a clock was set
     * back, or another machine took over, events may be earlier than some before them. */
    static const struct statement statement = {
        "moment_after",
        "WITH change AS (SELECT id, happened_at, transaction_id FROM dynmod.module_change"
        "  WHERE site_name = $1 AND app_key = $2),"
        " event AS (SELECT * FROM change WHERE id = $3::bigint),"
        " next AS (SELECT change.id, change.happened_at FROM change JOIN event"
        "  ON change.id > event.id AND (change.transaction_id <> event.transaction_id"
        "   OR (event.transaction_id IS NULL AND change.happened_at <> event.happened_at))"
        "  ORDER BY change.id LIMIT 1)"
        " SELECT pg_catalog.json_build_object('moment', pg_catalog.max(change.happened_at),"
        " 'hidden', next.happened_at <= pg_catalog.max(change.happened_at))"
        " FROM event JOIN change ON true LEFT JOIN next ON true"
        " WHERE next.id IS NULL OR change.id < next.id GROUP BY next.happened_at",
        3, STATEMENT_READS};
    const char *const values[] = {site, app_key, event};
    struct json_object *answer;
    if (!store_query_json(database, arena, &statement, values, &answer, fault))
        return false;
    if (answer == NULL)
        return fault_set(fault, FAULT_NOT_FOUND,
                         "the history of the app \"%s\" on the site \"%s\" has no event %s of a "
                         "module",
                         app_key, site, event);
    *moment = json_member_text(answer, "moment");
    if (json_object_get_boolean(json_member(answer, "hidden")))
        return fault_set(fault, FAULT_CONFLICT,
                         "no moment is right after the event %s, as the clock was set back before "
                         "the next one; --at takes another moment",
                         event);
    return true;
}
