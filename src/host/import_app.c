/* One app of an export: checked as if it came now, and brought in. */
#include "host/import_app.h"

#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "connect/descriptor.h"
#include "connect/shared_secret.h"
#include "host/app_secret.h"
#include "host/import_modules.h"
#include "json/json.h"
#include "store/store_import.h"

/* ---- Checking ---- */

static bool check_descriptor(const struct import *import, const struct moved_app *app,
                             struct fault *fault) {
    struct problem_list *problems = problem_list_new(app->arena);
    struct descriptor descriptor;
    const char *key = moved_app_key(app);
    if (!descriptor_read(app->arena, import->types, json_member(app->body, "descriptor"),
                         &descriptor, problems, fault))
        return false;
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == PROBLEM_ERROR)
            import_problem(import, app->line,
                           arena_format(app->arena, "/descriptor%s", problems->items[i].pointer),
                           problems->items[i].rule, "%s", problems->items[i].text);
    problem_count_more(import->problems, problems->more);
    if (descriptor.key != NULL && strcmp(descriptor.key, key) != 0)
        import_problem(import, app->line, "/key", "key", "the descriptor has the key %s",
                       problem_quote(app->arena, descriptor.key));
    return true;
}

static void check_secret(const struct import *import, const struct moved_app *app,
                         const char *name) {
    struct fault fault;
    const char *pointer = arena_format(app->arena, "/%s", name);
    const char *secret = json_member_text(app->secret, name);
    if (secret == NULL)
        return;
    if (!shared_secret_check(secret, &fault))
        import_problem(import, app->secret_line, pointer, "secret", "%s", fault.text);
    else if (seen_before(import->secrets, secret))
        import_problem(import, app->secret_line, pointer, "secret",
                       "the export has this secret twice");
}

static void check_property(const struct import *import, const struct moved_app *app,
                           struct json_object *keys, size_t index) {
    struct json_object *property = json_object_array_get_idx(app->properties, index);
    const char *key = json_member_text(property, "key");
    const char *value = json_member_text(property, "value");
    long line = app->properties_line + (long)index;
    struct json_object *parsed;
    struct fault fault;
    if (!json_parse(app->arena, value, strlen(value), &parsed, &fault))
        import_problem(import, line, "/value", "value", "this is not JSON: %s", fault.text);
    else if (utf8_count(value, strlen(value)) > LIMIT_PROPERTY_VALUE)
        import_problem(import, line, "/value", "value",
                       "the value of a property has %d characters at most", LIMIT_PROPERTY_VALUE);
    if (json_object_object_get_ex(keys, key, NULL))
        import_problem(import, line, "/key", "duplicateKey",
                       "the app has another property with this key");
    json_object_object_add(keys, key, NULL);
}

static void check_properties(const struct import *import, const struct moved_app *app) {
    size_t count = json_object_array_length(app->properties);
    struct json_object *keys = json_keep(app->arena, json_object_new_object());
    for (size_t i = 0; i < count; i++)
        check_property(import, app, keys, i);
    if (count > LIMIT_PROPERTIES)
        import_problem(import, app->line, "", "limit", "an app may have %d properties; it has %zu",
                       LIMIT_PROPERTIES, count);
}

/* The lines as the database takes them. */
static const char *lines_text(const struct moved_app *app) {
    struct buffer text;
    buffer_init(&text, LIMIT_EXPORT_APP + 1);
    buffer_add(&text, app->lines.bytes, app->lines.length);
    buffer_add_byte(&text, ']');
    return buffer_to_arena(&text, app->arena);
}

/* Seals a secret as this host does. */
static bool seal(const struct import *import, const struct moved_app *app, const char *name,
                 const char **kept, struct fault *fault) {
    struct host host = *import->host;
    const char *secret = json_member_text(app->secret, name);
    host.arena = app->arena;
    *kept = NULL;
    return secret == NULL || app_secret_seal(&host, moved_app_key(app), secret, kept, fault);
}

static bool read_moved(const struct import *import, const struct moved_app *app,
                       struct store_moved_app *moved, struct fault *fault) {
    *moved = (struct store_moved_app){
        .key = moved_app_key(app),
        .lines = lines_text(app),
        .former_until = json_member_text(app->secret, "formerUntil"),
    };
    return seal(import, app, "current", &moved->secret, fault) &&
           seal(import, app, "former", &moved->former_secret, fault);
}

#define DIFFERENT                                                                                  \
    "the site has another app %s already, or it has changed since; dynmodctl app remove removes "  \
    "it"
#define SECRET_TAKEN "another app here has the secret of %s, or its former one"

static bool check_presence(const struct import *import, const struct moved_app *app, bool *present,
                           struct fault *fault) {
    struct store_moved_app moved;
    enum store_import_outcome outcome;
    long bytes, largest;
    if (!read_moved(import, app, &moved, fault) ||
        !store_compare_app(import->host->database, import->host->site, &moved, &outcome, &bytes,
                           &largest, fault))
        return false;
    *present = outcome == STORE_IMPORT_EQUAL;
    if (outcome == STORE_IMPORT_DIFFERENT)
        import_problem(import, app->line, "", "present", DIFFERENT, moved.key);
    if (outcome == STORE_IMPORT_SECRET)
        import_problem(import, app->secret_line, "", "secret", SECRET_TAKEN, moved.key);
    if (bytes > import->byte_limit)
        import_problem(import, app->line, "", "limit",
                       "the dynamic modules of an app may have %ld bytes together on this site; "
                       "those of %s have %ld",
                       import->byte_limit, moved.key, bytes);
    if (largest > import->module_byte_limit)
        import_problem(import, app->line, "", "limit",
                       "a dynamic module may have %ld bytes on this site; one of %s has %ld",
                       import->module_byte_limit, moved.key, largest);
    return true;
}

bool import_app_check(const struct import *import, const struct moved_app *app, bool *present,
                      struct fault *fault) {
    size_t errors = import->problems->errors;
    const char *key = moved_app_key(app);
    *present = false;
    if (seen_before(import->keys, key))
        import_problem(import, app->line, "/key", "duplicateKey", "the export has the app %s twice",
                       key);
    if (app->lines.overflow)
        import_problem(import, app->line, "", "limit", "the app has more than %d bytes",
                       LIMIT_EXPORT_APP);
    check_secret(import, app, "current");
    check_secret(import, app, "former");
    check_properties(import, app);
    if (!check_descriptor(import, app, fault) || !import_modules_check(import, app, fault))
        return false;
    return import->problems->errors > errors || check_presence(import, app, present, fault);
}

/* ---- Bringing in ---- */

bool import_app_store(const struct import *import, const struct moved_app *app, bool *present,
                      struct fault *fault) {
    struct store_moved_app moved;
    enum store_import_outcome outcome;
    if (!read_moved(import, app, &moved, fault))
        return false;
    if (!store_import_app(import->host->database, import->host->site, &moved, &outcome, fault))
        return fault_set(fault, fault->kind, "line %ld: the app %s was not brought in: %s",
                         app->line, moved.key, fault->text);
    *present = outcome == STORE_IMPORT_EQUAL;
    if (outcome == STORE_IMPORT_DIFFERENT)
        return fault_set(fault, FAULT_CONFLICT, "line %ld: " DIFFERENT, app->line, moved.key);
    if (outcome == STORE_IMPORT_SECRET)
        return fault_set(fault, FAULT_CONFLICT, "line %ld: " SECRET_TAKEN, app->secret_line,
                         moved.key);
    return true;
}
