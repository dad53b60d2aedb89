/* Registration, replacement and removal of an app's dynamic modules. */
#include "store/store_modules.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "json/json.h"
#include "store/store_array.h"
#include "store/store_request.h"

/* A change that `function` makes of the app $2, with $3 and on the terms from $4 on. */
#define CHANGE(columns, function, terms)                                                           \
    "SELECT change.revision, " columns                                                             \
    " FROM " STORE_REQUEST("$6") ", dynmod." function "(" STORE_REQUEST_SITE ", $2, $3, " terms    \
                                 ") AS change"
#define REGISTER CHANGE("change.registered", "register_modules", "$4, $5, $7, $8")
#define SET                                                                                        \
    "pg_catalog.array_to_json(change.added), pg_catalog.array_to_json(change.updated),"            \
    " pg_catalog.array_to_json(change.removed), pg_catalog.array_to_json(change.unchanged)"
#define REPLACE CHANGE(SET, "replace_modules", "$4, $5")
#define REMOVE CHANGE("change.removed", "remove_modules", "$4, $5, $7")
#define RESTORE                                                                                    \
    "SELECT change.revision, " SET                                                                 \
    " FROM " STORE_REQUEST("$5") ", dynmod.restore_modules(" STORE_REQUEST_SITE                    \
                                 ", $2, $3, $4) AS change"

enum { REVISION, COUNT, ADDED = COUNT, UPDATED, REMOVED, UNCHANGED };

/* The ways to make one change, which differ in what may happen when the connection is lost. */
typedef const struct statement ways[STATEMENT_REPEATABLE + 1];

/* A dry run changes nothing. A change with a precondition would not meet it a second time. */
static const struct statement *choose(ways statements, const struct store_terms *terms) {
    return &statements[terms->dry_run            ? STATEMENT_READS
                       : terms->expected != NULL ? STATEMENT_ONCE
                                                 : STATEMENT_REPEATABLE];
}

/* Whether the database has refused the change because the app is not as the terms have it. */
static bool is_not_as_known(const struct database *database, const struct store_terms *terms) {
    const char *sqlstate = database_sqlstate(database);
    return terms->standing != NULL && (strcmp(sqlstate, STORE_NOT_AS_KNOWN) == 0 ||
                                       strcmp(sqlstate, STORE_APP_NOT_ENABLED) == 0);
}

/* Reads which of the terms was not met, from what the database has said. */
static bool read_refusal(const struct database *database, struct arena *arena,
                         const struct store_terms *terms, struct store_change *change,
                         struct fault *fault) {
    struct json_object *detail;
    change->not_as_known = is_not_as_known(database, terms);
    if (change->not_as_known)
        return true;
    if (strcmp(database_sqlstate(database), STORE_NOT_EXPECTED) != 0 ||
        !json_parse_stored(arena, database_detail(database), &detail, fault))
        return false;
    struct json_object *revision = json_member(detail, "revision");
    if (revision == NULL)
        return fault_set(fault, FAULT_INTERNAL, "the database does not tell the app's revision");
    change->unexpected = true;
    change->revision = json_object_get_string(revision);
    return true;
}

/* Makes a change of the app with `value`, whatever that is. The caller clears *result, which is
 * NULL when the terms were not met. */
static bool run(struct database *database, struct arena *arena, ways statements, const char *site,
                const char *app_key, const char *value, const struct store_terms *terms,
                PGresult **result, struct store_change *change, struct fault *fault) {
    const char *const values[] = {
        site,
        app_key,
        value,
        terms->expected == NULL ? NULL : store_array(arena, terms->expected),
        terms->dry_run ? "true" : "false",
        log_request(),
        terms->standing,
        terms->standing == NULL ? NULL : arena_format(arena, "%" PRId64, terms->types_version)};
    *change = (struct store_change){0};
    *result = NULL;
    if (!database_query(database, choose(statements, terms), values, result, fault))
        return read_refusal(database, arena, terms, change, fault);
    change->revision = arena_text(arena, database_value(*result, 0, REVISION));
    return true;
}

/* Makes a change whose answer, besides the revision, is a number. */
static bool run_counted(struct database *database, struct arena *arena, ways statements,
                        const char *site, const char *app_key, const char *value,
                        const struct store_terms *terms, struct store_change *change,
                        struct fault *fault) {
    PGresult *result;
    if (!run(database, arena, statements, site, app_key, value, terms, &result, change, fault))
        return false;
    if (result != NULL)
        change->count = strtoul(database_value(result, 0, COUNT), NULL, 10);
    PQclear(result);
    return true;
}

bool store_register_modules(struct database *database, struct arena *arena, const char *site,
                            const char *app_key, const char *modules,
                            const struct store_terms *terms, struct store_change *change,
                            struct fault *fault) {
    /* a second run would find the keys in use */
    static ways statements = {
        [STATEMENT_READS] = {"try_register_modules", REGISTER, 8, STATEMENT_READS},
        [STATEMENT_ONCE] = {"register_modules_if", REGISTER, 8, STATEMENT_ONCE},
        [STATEMENT_REPEATABLE] = {"register_modules", REGISTER, 8, STATEMENT_ONCE},
    };
    return run_counted(database, arena, statements, site, app_key, modules, terms, change, fault);
}

bool store_remove_modules(struct database *database, struct arena *arena, const char *site,
                          const char *app_key, const struct app_texts *keys,
                          const struct store_terms *terms, struct store_change *change,
                          struct fault *fault) {
    static ways statements = {
        [STATEMENT_READS] = {"try_remove_modules", REMOVE, 7, STATEMENT_READS},
        [STATEMENT_ONCE] = {"remove_modules_if", REMOVE, 7, STATEMENT_ONCE},
        [STATEMENT_REPEATABLE] = {"remove_modules", REMOVE, 7, STATEMENT_REPEATABLE},
    };
    return run_counted(database, arena, statements, site, app_key,
                       keys == NULL ? NULL : store_array(arena, keys), terms, change, fault);
}

/* Decodes a JSON array of keys. */
static bool read_keys(struct arena *arena, const PGresult *result, int column,
                      struct app_texts *keys, struct fault *fault) {
    struct json_object *list = NULL;
    const char *text = database_value(result, 0, column);
    if (text != NULL && !json_parse_stored(arena, text, &list, fault))
        return false;
    keys->list = json_strings(arena, list, &keys->count);
    return true;
}

/* Decodes what has become of which modules. */
static bool read_set(struct arena *arena, const PGresult *result, struct store_change *change,
                     struct fault *fault) {
    return read_keys(arena, result, ADDED, &change->added, fault) &&
           read_keys(arena, result, UPDATED, &change->updated, fault) &&
           read_keys(arena, result, REMOVED, &change->removed, fault) &&
           read_keys(arena, result, UNCHANGED, &change->unchanged, fault);
}

bool store_replace_modules(struct database *database, struct arena *arena, const char *site,
                           const char *app_key, const char *modules,
                           const struct store_terms *terms, struct store_change *change,
                           struct fault *fault) {
    static ways statements = {
        [STATEMENT_READS] = {"try_replace_modules", REPLACE, 6, STATEMENT_READS},
        [STATEMENT_ONCE] = {"replace_modules_if", REPLACE, 6, STATEMENT_ONCE},
        [STATEMENT_REPEATABLE] = {"replace_modules", REPLACE, 6, STATEMENT_REPEATABLE},
    };
    PGresult *result;
    if (!run(database, arena, statements, site, app_key, modules, terms, &result, change, fault))
        return false;
    bool ok = result == NULL || read_set(arena, result, change, fault);
    PQclear(result);
    return ok;
}

bool store_restore_modules(struct database *database, struct arena *arena, const char *site,
                           const char *app_key, const char *moment, const struct store_terms *terms,
                           struct store_change *change, struct fault *fault) {
    /* a second run would report that nothing changes */
    static const struct statement restore = {"restore_modules", RESTORE, 5, STATEMENT_ONCE};
    static const struct statement attempt = {"try_restore_modules", RESTORE, 5, STATEMENT_READS};
    PGresult *result;
    const char *const values[] = {site, app_key, moment, terms->dry_run ? "true" : "false",
                                  log_request()};
    *change = (struct store_change){0};
    if (!database_query(database, terms->dry_run ? &attempt : &restore, values, &result, fault))
        return false;
    change->revision = arena_text(arena, database_value(result, 0, REVISION));
    bool ok = read_set(arena, result, change, fault);
    PQclear(result);
    return ok;
}
