/* What can be wrong with modules that an app registers only because of others that it has. */
#include "host/registration_problem.h"

#include <string.h>

#include "base/limits.h"
#include "json/json.h"
#include "store/store_modules.h"

#define LIMIT_RULE "limit"

/* The text that the original documents. */
void registration_problem_duplicates(struct problem_list *problems, const struct app *app,
                                     struct json_object *keys) {
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE);
    buffer_add_format(&text, "Installation failed. The app %s has duplicate module keys: [",
                      app->key);
    for (size_t i = 0; i < json_object_array_length(keys); i++) {
        buffer_add_text(&text, i == 0 ? "" : ", ");
        buffer_add_text(&text, json_object_get_string(json_object_array_get_idx(keys, i)));
    }
    buffer_add_text(&text, "]. Please contact the app vendor.");
    problem_add(problems, PROBLEM_ERROR, "", "duplicateKey", "%s", buffer_text(&text));
    buffer_free(&text);
}

void registration_problem_limit(struct problem_list *problems, const struct app *app, long limit,
                                long present, long added, bool replaces) {
    if (replaces)
        problem_add(problems, PROBLEM_ERROR, "", LIMIT_RULE,
                    "the app %s may have %ld dynamic modules on this site; %ld were sent", app->key,
                    limit, present + added);
    else
        problem_add(problems, PROBLEM_ERROR, "", LIMIT_RULE,
                    "the app %s may have %ld dynamic modules on this site; it has %ld, and %ld "
                    "more were sent",
                    app->key, limit, present, added);
}

static long number(struct json_object *detail, const char *name) {
    return (long)json_object_get_int64(json_member(detail, name));
}

static void add_over_bytes(struct problem_list *problems, const struct app *app,
                           struct json_object *detail, bool replaces) {
    const long limit = number(detail, "limit");
    const long present = number(detail, "present"), added = number(detail, "added");
    if (replaces)
        problem_add(problems, PROBLEM_ERROR, "", LIMIT_RULE,
                    "the dynamic modules of the app %s may have %ld bytes together on this site; "
                    "those that were sent have %ld",
                    app->key, limit, present + added);
    else
        problem_add(problems, PROBLEM_ERROR, "", LIMIT_RULE,
                    "the dynamic modules of the app %s may have %ld bytes together on this site; "
                    "they have %ld, and %ld more were sent",
                    app->key, limit, present, added);
}

bool registration_problem_stored(const struct database *database, const struct app *app,
                                 bool replaces, struct problem_list *problems,
                                 const struct fault *fault) {
    const char *sqlstate = database_sqlstate(database);
    struct json_object *detail = NULL;
    struct fault ignored;
    bool parsed = json_parse_stored(problems->arena, database_detail(database), &detail, &ignored);
    if (strcmp(sqlstate, STORE_DUPLICATE_KEYS) == 0 && json_object_is_type(detail, json_type_array))
        registration_problem_duplicates(problems, app, detail);
    else if (strcmp(sqlstate, STORE_OVER_LIMIT) == 0 && parsed)
        registration_problem_limit(problems, app, number(detail, "limit"),
                                   number(detail, "present"), number(detail, "added"), replaces);
    else if (strcmp(sqlstate, STORE_OVER_BYTES) == 0 && parsed)
        add_over_bytes(problems, app, detail, replaces);
    else if (strcmp(sqlstate, STORE_MODULE_TOO_LARGE) == 0 && parsed)
        problem_add(problems, PROBLEM_ERROR, "", LIMIT_RULE,
                    "a dynamic module may have %ld bytes on this site; %s has %ld",
                    number(detail, "limit"), json_member_text(detail, "key"),
                    number(detail, "bytes"));
    else if (fault->kind == FAULT_CONFLICT || fault->kind == FAULT_INPUT)
        problem_add(problems, PROBLEM_ERROR, "", "database", "%s", fault->text);
    else
        return false;
    return true;
}
