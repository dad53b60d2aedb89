/* The registration of dynamic modules: what one request may add to one app. */
#include "host/registration.h"

#include <string.h>

#include "base/limits.h"
#include "connect/module_check.h"
#include "connect/module_rules.h"
#include "connect/module_urls.h"
#include "json/json.h"
#include "store/store_modules.h"

enum { ROOM_FOR_MORE = 40 }; /* bytes for the end of a message, "and 17 more" */

struct check {
    struct arena *arena;
    const struct app *app;
    const struct module_list *list;
    struct problem_list *problems;
};

static void add_error(struct problem_list *problems, const char *pointer, const char *rule,
                      const char *text) {
    problem_add(problems, PROBLEM_ERROR, pointer, rule, "%s", text);
}

/* The text that the original documents; `keys` is a JSON array. */
static const char *duplicate_keys_text(struct arena *arena, const char *app_key,
                                       struct json_object *keys) {
    struct buffer text;
    buffer_init(&text, LIMIT_MESSAGE);
    buffer_add_format(&text, "Installation failed. The app %s has duplicate module keys: [",
                      app_key);
    for (size_t i = 0; i < json_object_array_length(keys); i++) {
        buffer_add_text(&text, i == 0 ? "" : ", ");
        buffer_add_text(&text, json_object_get_string(json_object_array_get_idx(keys, i)));
    }
    buffer_add_text(&text, "]. Please contact the app vendor.");
    return buffer_to_arena(&text, arena);
}

static long number(struct json_object *detail, const char *name) {
    return (long)json_object_get_int64(json_member(detail, name));
}

static const char *over_limit_text(struct arena *arena, const struct app *app, long limit,
                                   long present, long added) {
    return arena_format(arena,
                        "the app %s may have %ld dynamic modules on this site; it has %ld, and %ld "
                        "more were sent",
                        app->key, limit, present, added);
}

/* What the database says when modules have too many bytes; `detail` is its JSON. */
static const char *over_bytes_text(struct arena *arena, const struct app *app,
                                   struct json_object *detail) {
    return arena_format(arena,
                        "the dynamic modules of the app %s may have %ld bytes together on this "
                        "site; they have %ld, and %ld more were sent",
                        app->key, number(detail, "limit"), number(detail, "present"),
                        number(detail, "added"));
}

static const char *too_large_text(struct arena *arena, struct json_object *detail) {
    return arena_format(arena, "a dynamic module may have %ld bytes on this site; %s has %ld",
                        number(detail, "limit"), json_member_text(detail, "key"),
                        number(detail, "bytes"));
}

/* The keys that the app already has, as the names of an object. */
static struct json_object *registered_keys(const struct check *check) {
    struct json_object *keys = json_keep(check->arena, json_object_new_object());
    for (size_t i = 0; i < check->app->module_count; i++)
        if (check->app->modules[i].key != NULL)
            json_object_object_add(keys, check->app->modules[i].key, NULL);
    return keys;
}

/* Reports the keys that appear twice, each once; invalid keys have been reported already. */
static void check_duplicates(const struct check *check) {
    struct json_object *seen = registered_keys(check);
    struct json_object *named = json_keep(check->arena, json_object_new_object());
    struct json_object *duplicates = json_keep(check->arena, json_object_new_array());
    for (size_t i = 0; i < check->list->count; i++) {
        const char *key = check->list->items[i].key;
        if (key == NULL || !module_key_is_valid(key))
            continue;
        bool known = json_object_object_get_ex(seen, key, NULL);
        if (known && !json_object_object_get_ex(named, key, NULL)) {
            json_object_object_add(named, key, NULL);
            json_object_array_add(duplicates, json_object_new_string(key));
        }
        json_object_object_add(seen, key, NULL);
    }
    if (json_object_array_length(duplicates) > 0)
        add_error(check->problems, "", "duplicateKey",
                  duplicate_keys_text(check->arena, check->app->key, duplicates));
}

static long count_dynamic(const struct app *app) {
    long count = 0;
    for (size_t i = 0; i < app->module_count; i++)
        count += app->modules[i].dynamic;
    return count;
}

static void check_limit(const struct check *check) {
    long present = count_dynamic(check->app);
    long added = (long)check->list->count;
    if (added > 0 && present + added > check->app->module_limit)
        add_error(
            check->problems, "", "limit",
            over_limit_text(check->arena, check->app, check->app->module_limit, present, added));
}

static bool app_has_type(const struct app *app, const char *type) {
    for (size_t i = 0; i < app->module_count; i++)
        if (strcmp(app->modules[i].type, type) == 0)
            return true;
    return false;
}

/* What applies to all modules of a type is reported once, for the first of them. */
static void check_type(const struct check *check, const struct module *module, bool first) {
    const struct module_type *type = module->type;
    if (type->single && (!first || app_has_type(check->app, type->name)))
        problem_add(check->problems, PROBLEM_ERROR, module->pointer, "container",
                    "an app can have only one %s", type->name);
    if (first && !type->dynamic)
        problem_add(check->problems, PROBLEM_ERROR, module->pointer, "moduleType",
                    "modules of type %s cannot be registered dynamically", type->name);
}

static void check_types(const struct check *check) {
    size_t seen_count = 0;
    const struct module_type **seen = arena_alloc(check->arena, check->list->count * sizeof *seen);
    for (size_t i = 0; i < check->list->count; i++) {
        const struct module *module = &check->list->items[i];
        size_t at = 0;
        while (at < seen_count && seen[at] != module->type)
            at++;
        check_type(check, module, at == seen_count);
        if (at == seen_count)
            seen[seen_count++] = module->type;
    }
}

struct problem_list *registration_problems(struct arena *arena, const struct config *config) {
    struct problem_list *problems = problem_list_new(arena);
    if (config->strict_urls)
        problem_list_treat_as_error(problems, MODULE_URLS_RULE);
    return problems;
}

bool registration_check(struct arena *arena, const struct module_types *types,
                        const struct app *app, struct json_object *sent, struct module_list *list,
                        struct problem_list *problems, struct fault *fault) {
    const struct check check = {.arena = arena, .app = app, .list = list, .problems = problems};
    const struct module_surroundings surroundings = {.list = list, .app = app, .dynamic = true};
    module_list_read(arena, types, sent, list, problems);
    if (!module_check(types, list, true, problems, fault))
        return false;
    module_rules_check(&surroundings, problems);
    check_types(&check);
    check_duplicates(&check);
    check_limit(&check);
    problem_list_sort(problems);
    return true;
}

static const char *modules_json(struct arena *arena, const struct module_list *list) {
    struct buffer text;
    buffer_init(&text, LIMIT_RESPONSE);
    for (size_t i = 0; i < list->count; i++) {
        buffer_add_text(&text, i == 0 ? "[{\"type\":" : ",{\"type\":");
        json_add_string(&text, list->items[i].type->name, strlen(list->items[i].type->name));
        buffer_add_text(&text, ",\"definition\":");
        buffer_add_text(&text, json_text(list->items[i].definition));
        buffer_add_byte(&text, '}');
    }
    buffer_add_byte(&text, ']');
    return buffer_to_arena(&text, arena);
}

/* Reports a rule that is broken because of another writer's change after our own check. */
static bool add_stored_problem(struct database *database, const struct app *app,
                               struct problem_list *problems, const struct fault *fault) {
    const char *sqlstate = database_sqlstate(database);
    const char *text = database_detail(database);
    struct json_object *detail = NULL;
    struct fault ignored;
    bool parsed = json_parse_stored(problems->arena, text, &detail, &ignored);
    if (strcmp(sqlstate, STORE_DUPLICATE_KEYS) == 0 && json_object_is_type(detail, json_type_array))
        add_error(problems, "", "duplicateKey",
                  duplicate_keys_text(problems->arena, app->key, detail));
    else if (strcmp(sqlstate, STORE_OVER_LIMIT) == 0 && parsed)
        add_error(problems, "", "limit",
                  over_limit_text(problems->arena, app, number(detail, "limit"),
                                  number(detail, "present"), number(detail, "added")));
    else if (strcmp(sqlstate, STORE_OVER_BYTES) == 0 && parsed)
        add_error(problems, "", "limit", over_bytes_text(problems->arena, app, detail));
    else if (strcmp(sqlstate, STORE_MODULE_TOO_LARGE) == 0 && parsed)
        add_error(problems, "", "limit", too_large_text(problems->arena, detail));
    else if (fault->kind == FAULT_CONFLICT || fault->kind == FAULT_INPUT)
        add_error(problems, "", "database", fault->text);
    else
        return false;
    return true;
}

bool registration_store(struct database *database, const char *site, const struct app *app,
                        const struct module_list *list, struct problem_list *problems,
                        struct fault *fault) {
    if (list->count == 0 || store_register_modules(database, site, app->key,
                                                   modules_json(problems->arena, list), fault))
        return true;
    if (strcmp(database_sqlstate(database), STORE_APP_NOT_ENABLED) == 0)
        return fault_set(fault, FAULT_REFUSED, "the app was disabled in the meantime");
    return add_stored_problem(database, app, problems, fault);
}

bool registration_remove(struct database *database, struct arena *arena, const char *site,
                         const struct app *app, const struct app_texts *keys, long *removed,
                         struct fault *fault) {
    if (store_remove_modules(database, arena, site, app->key, keys, removed, fault))
        return true;
    return strcmp(database_sqlstate(database), STORE_APP_NOT_ENABLED) == 0
               ? fault_set(fault, FAULT_REFUSED, "the app was disabled in the meantime")
               : false;
}

/* Whether the text can be the whole message, because there is no place to name. */
static bool is_whole(const struct problem_list *problems) {
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == PROBLEM_ERROR && problems->items[i].pointer[0] != '\0')
            return false;
    return problems->errors == 1 && problems->more == 0;
}

const char *registration_message(const struct problem_list *problems) {
    struct buffer text;
    size_t more = problems->more;
    bool whole = is_whole(problems);
    buffer_init(&text, LIMIT_MESSAGE);
    if (!whole)
        buffer_add_format(&text,
                          "The modules were not registered, for %zu reason%s:", problems->errors,
                          problems->errors == 1 ? "" : "s");
    for (size_t i = 0; i < problems->count; i++) {
        if (problems->items[i].severity != PROBLEM_ERROR)
            continue;
        const char *line = problem_describe(problems->arena, &problems->items[i]);
        if (text.length + strlen(line) + ROOM_FOR_MORE > LIMIT_MESSAGE)
            more++;
        else
            buffer_add_format(&text, whole ? "%s" : "\n%s", line);
    }
    if (more > 0)
        buffer_add_format(&text, "\nand %zu more", more);
    return buffer_to_arena(&text, problems->arena);
}
