/* What an export of a site reads, as lines of JSON that PostgreSQL has made. */
#include "store/store_export.h"

#include "base/limits.h"
#include "store/store_missing.h"

/* Runs a statement and hands out the texts in a column of all its rows, and of the last row also
 * the text in the column before, unless `last` is NULL. */
static bool query_texts(struct database *database, struct arena *arena,
                        const struct statement *statement, const char *const *values, int column,
                        struct app_texts *texts, const char **last, struct fault *fault) {
    PGresult *result;
    if (!database_query(database, statement, values, &result, fault))
        return false;
    int rows = PQntuples(result);
    texts->count = (size_t)rows;
    texts->list = arena_alloc(arena, texts->count * sizeof *texts->list);
    for (int row = 0; row < rows; row++)
        texts->list[row] = arena_text(arena, database_value(result, row, column));
    if (last != NULL && rows > 0)
        *last = arena_text(arena, database_value(result, rows - 1, 0));
    PQclear(result);
    return true;
}

bool store_export_site(struct database *database, struct arena *arena, const char *site,
                       struct app_texts *lines, struct fault *fault) {
    static const struct statement statement = {
        "export_site", "SELECT * FROM dynmod.export_site($1)", 1, STATEMENT_READS};
    return query_texts(database, arena, &statement, &site, 0, lines, NULL, fault) &&
           (lines->count > 0 || store_missing_site(site, fault));
}

bool store_export_keys(struct database *database, struct arena *arena, const char *site,
                       const char *after, struct app_texts *keys, struct fault *fault) {
    static const struct statement statement = {
        "export_keys",
        "SELECT app.app_key FROM dynmod.app JOIN dynmod.site ON site.id = app.site_id"
        " WHERE site.name = $1 AND app.app_key > $2 ORDER BY app.app_key LIMIT $3::integer",
        3, STATEMENT_READS};
    const char *const values[] = {site, after, arena_format(arena, "%d", LIMIT_EXPORT_STEP)};
    return query_texts(database, arena, &statement, values, 0, keys, NULL, fault);
}

bool store_export_app(struct database *database, struct arena *arena, const char *site,
                      const char *app_key, struct app_texts *lines, struct fault *fault) {
    static const struct statement statement = {
        "export_app", "SELECT * FROM dynmod.export_app($1, $2)", 2, STATEMENT_READS};
    const char *const values[] = {site, app_key};
    return query_texts(database, arena, &statement, values, 0, lines, NULL, fault) &&
           (lines->count > 0 || store_missing_app(site, app_key, fault));
}

bool store_export_secrets(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, struct store_app_secrets *secrets,
                          struct fault *fault) {
    static const struct statement statement = {
        "export_secrets",
        "SELECT found.shared_secret, found.former_secret,"
        " pg_catalog.to_char(former.valid_until AT TIME ZONE 'UTC',"
        " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
        " FROM dynmod.find_app($1, $2) AS found"
        " JOIN dynmod.site ON site.name = $1"
        " JOIN dynmod.app ON app.site_id = site.id AND app.app_key = $2"
        " LEFT JOIN dynmod.app_secret AS former ON former.app_id = app.id AND former.use = 'former'"
        " AND found.former_secret IS NOT NULL",
        2, STATEMENT_READS};
    const char *const values[] = {site, app_key};
    PGresult *result;
    *secrets = (struct store_app_secrets){NULL, NULL, NULL};
    if (!database_query(database, &statement, values, &result, fault))
        return false;
    if (PQntuples(result) == 1)
        *secrets = (struct store_app_secrets){
            arena_text(arena, database_value(result, 0, 0)),
            arena_text(arena, database_value(result, 0, 1)),
            arena_text(arena, database_value(result, 0, 2)),
        };
    PQclear(result);
    return true;
}

bool store_export_events(struct database *database, struct arena *arena, const char *site,
                         const char *app_key, const char *kind, const char **last,
                         struct app_texts *lines, struct fault *fault) {
    static const struct statement statement = {
        "export_events", "SELECT id, line FROM dynmod.export_events($1, $2, $3, $4, $5)", 5,
        STATEMENT_READS};
    const char *const values[] = {site, app_key, kind, *last,
                                  arena_format(arena, "%d", LIMIT_EXPORT_STEP)};
    return query_texts(database, arena, &statement, values, 1, lines, last, fault);
}
