/* The registration of dynamic modules: what one request may add to one app. */
#include "host/registration.h"

#include <string.h>

#include "base/limits.h"
#include "connect/module_check.h"
#include "connect/module_rules.h"
#include "connect/module_urls.h"
#include "host/registration_problem.h"
#include "json/json.h"

enum { ROOM_FOR_MORE = 40 }; /* bytes for the end of a message, "and 17 more" */

struct check {
    struct arena *arena;
    const struct app *app; /* with those of its modules that stay in any case */
    const struct module_list *list;
    struct problem_list *problems;
    bool replaces;
};

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
        registration_problem_duplicates(check->problems, check->app, duplicates);
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
        registration_problem_limit(check->problems, check->app, check->app->module_limit, present,
                                   added, check->replaces);
}

static bool app_has_type(const struct app *app, const char *type) {
    for (size_t i = 0; i < app->module_count; i++)
        if (strcmp(app->modules[i].type, type) == 0)
            return true;
    return false;
}

/* Whether a module of a type that is not dynamic comes before this one. */
static bool is_refused_before(const struct check *check, const struct module *module) {
    for (const struct module *other = check->list->items; other < module; other++)
        if (other->type == module->type && !other->kept)
            return true;
    return false;
}

/* What applies to all modules of a type is reported once, for the first of them. */
static void check_type(const struct check *check, const struct module *module, bool first) {
    const struct module_type *type = module->type;
    if (type->single && (!first || app_has_type(check->app, type->name)))
        problem_add(check->problems, PROBLEM_ERROR, module->pointer, "container",
                    "an app can have only one %s", type->name);
    if (!type->dynamic && !module->kept && !is_refused_before(check, module))
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

static bool check_modules(const struct check *check, const struct module_types *types,
                          struct fault *fault) {
    const struct module_surroundings surroundings = {
        .list = check->list, .app = check->app, .dynamic = true};
    if (!module_check(types, check->list, true, check->problems, fault))
        return false;
    module_rules_check(&surroundings, check->problems);
    check_types(check);
    check_duplicates(check);
    check_limit(check);
    problem_list_sort(check->problems);
    return true;
}

bool registration_check(struct arena *arena, const struct module_types *types,
                        const struct app *app, struct json_object *sent, struct module_list *list,
                        struct problem_list *problems, struct fault *fault) {
    const struct check check = {.arena = arena, .app = app, .list = list, .problems = problems};
    module_list_read(arena, types, sent, list, problems);
    return check_modules(&check, types, fault);
}

static bool has_dynamic(const struct app *app, const struct module *module) {
    for (size_t i = 0; i < app->module_count; i++) {
        const struct app_module *present = &app->modules[i];
        if (present->dynamic && strcmp(present->type, module->type->name) == 0 &&
            module->key != NULL && strcmp(present->key, module->key) == 0)
            return true;
    }
    return false;
}

/* The app without its dynamic modules. */
static struct app without_dynamic(struct arena *arena, const struct app *app) {
    struct app rest = *app;
    rest.modules = arena_alloc(arena, app->module_count * sizeof *rest.modules);
    rest.module_count = 0;
    for (size_t i = 0; i < app->module_count; i++)
        if (!app->modules[i].dynamic)
            rest.modules[rest.module_count++] = app->modules[i];
    return rest;
}

bool registration_check_set(struct arena *arena, const struct module_types *types,
                            const struct app *app, struct module_list *list,
                            struct problem_list *problems, struct fault *fault) {
    const struct app rest = without_dynamic(arena, app);
    const struct check check = {
        .arena = arena, .app = &rest, .list = list, .problems = problems, .replaces = true};
    problems->replaces = true;
    for (size_t i = 0; i < list->count; i++)
        if (!list->items[i].type->dynamic)
            list->items[i].kept = has_dynamic(app, &list->items[i]);
    return check_modules(&check, types, fault);
}

bool registration_check_replacement(struct arena *arena, const struct module_types *types,
                                    const struct app *app, struct json_object *sent,
                                    struct module_list *list, struct problem_list *problems,
                                    struct fault *fault) {
    module_list_read(arena, types, sent, list, problems);
    return registration_check_set(arena, types, app, list, problems, fault);
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
        buffer_add_format(&text, "The modules were not %s, for %zu reason%s:",
                          problems->replaces ? "replaced" : "registered", problems->errors,
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
