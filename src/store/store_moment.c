/* Moments of the past, as people name them. */
#include "store/store_moment.h"

#include "json/json.h"
#include "store/store_json.h"

/* Clocks are changed by less than three hours, and by whole quarters of one. */
#define OTHER_MOMENT                                                                               \
    "(SELECT moment + quarters * '15 minutes'::interval"                                           \
    " FROM pg_catalog.generate_series(-12, 12) AS quarters WHERE quarters <> 0"                    \
    " AND (moment + quarters * '15 minutes'::interval)::timestamp = local LIMIT 1)"

bool store_read_moment(struct database *database, struct arena *arena, const char *text,
                       enum store_time_form form, const char **moment, struct fault *fault) {
    static const struct statement statement = {
        "read_moment",
        "SELECT pg_catalog.json_build_object('moment', moment, 'other', " OTHER_MOMENT ","
        " 'shown', moment::timestamp = local, 'future', moment > pg_catalog.now(),"
        " 'zone', pg_catalog.current_setting('TimeZone'))"
        " FROM (SELECT local, CASE $2::text WHEN 'zoned' THEN $1::text::timestamptz"
        " WHEN 'ago' THEN pg_catalog.now() + $1::text::interval ELSE local::timestamptz END AS "
        "moment"
        " FROM (SELECT CASE $2 WHEN 'local' THEN $1::text::timestamp END AS local) AS wall) AS "
        "given",
        2, STATEMENT_READS};
    static const char *const forms[] = {
        [STORE_TIME_ZONED] = "zoned", [STORE_TIME_LOCAL] = "local", [STORE_TIME_AGO] = "ago"};
    const char *const values[] = {text, forms[form]};
    struct json_object *answer;
    if (!store_query_json(database, arena, &statement, values, &answer, fault))
        return false;
    *moment = json_member_text(answer, "moment");
    const char *zone = json_member_text(answer, "zone");
    const char *other = json_member_text(answer, "other");
    struct json_object *shown = json_member(answer, "shown");
    if (shown != NULL && !json_object_get_boolean(shown))
        return fault_set(fault, FAULT_INPUT, "the time \"%s\" does not exist in the time zone %s",
                         text, zone);
    if (other != NULL)
        return fault_set(fault, FAULT_INPUT,
                         "the time \"%s\" is twice in the time zone %s: write it as %s or %s", text,
                         zone, *moment, other);
    if (json_object_get_boolean(json_member(answer, "future")))
        return fault_set(fault, FAULT_INPUT, "the time \"%s\", which is %s, is still to come", text,
                         *moment);
    return true;
}
