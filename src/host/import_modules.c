/* The modules of one app of an export, checked as if they were registered now. */
#include "host/import_modules.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "connect/module_check.h"
#include "host/registration.h"
#include "json/json.h"

struct check {
    const struct import *import;
    const struct moved_app *read;
    struct app app; /* with the modules that were checked so far */
};

static bool is_dynamic(struct json_object *module) {
    return strcmp(json_member_text(module, "origin"), "dynamic") == 0;
}

/* The modules of one origin from the one at `first` on, as module_list_read() takes them: each at
 * its index, which is counted from there, and others as empty maps. */
static struct json_object *maps_of(const struct check *check, size_t first, size_t most,
                                   bool dynamic) {
    struct json_object *maps = json_keep(check->read->arena, json_object_new_array());
    size_t count = json_object_array_length(check->read->modules);
    for (size_t i = first; i < count && i < first + most; i++) {
        struct json_object *module = json_object_array_get_idx(check->read->modules, i);
        bool wanted = is_dynamic(module) == dynamic;
        json_object_array_add(maps, wanted ? module_list_map(check->import->types,
                                                             json_member_text(module, "type"),
                                                             json_member(module, "definition"))
                                           : json_object_new_object());
    }
    return maps;
}

/* What is behind the first step of a JSON Pointer. */
static const char *skip_step(const char *pointer) {
    return pointer[0] == '\0' ? pointer : pointer + 1 + strcspn(pointer + 1, "/");
}

/* A place in the maps as one in a line: "/2/webPanels/0/url" is "/definition/url" in the third. */
static void take_problem(const struct check *check, const struct problem *problem, size_t first) {
    const struct moved_app *read = check->read;
    if (problem->severity != PROBLEM_ERROR)
        return;
    if (problem->pointer[0] == '\0') {
        import_problem(check->import, read->line, "", problem->rule, "%s", problem->text);
        return;
    }
    long index = strtol(problem->pointer + 1, NULL, 10);
    const char *rest = skip_step(skip_step(problem->pointer));
    if (strncmp(rest, "/0", 2) == 0 && (rest[2] == '/' || rest[2] == '\0'))
        rest += 2;
    import_problem(check->import, read->modules_line + (long)first + index,
                   arena_format(read->arena, "/definition%s", rest), problem->rule, "%s",
                   problem->text);
}

static void take_problems(const struct check *check, const struct problem_list *problems,
                          size_t first) {
    for (size_t i = 0; i < problems->count; i++)
        take_problem(check, &problems->items[i], first);
    problem_count_more(check->import->problems, problems->more);
}

/* The app has these modules, too, from now on. */
static void add_modules(struct check *check, const struct module_list *list, bool dynamic) {
    for (size_t i = 0; i < list->count; i++)
        check->app.modules[check->app.module_count++] =
            (struct app_module){list->items[i].type->name, list->items[i].key, dynamic};
}

static bool check_own(struct check *check, size_t first, struct fault *fault) {
    struct arena *arena = check->read->arena;
    struct problem_list *problems = problem_list_new(arena);
    struct module_list list;
    module_list_read(arena, check->import->types, maps_of(check, first, LIMIT_MODULES, false),
                     &list, problems);
    if (!module_check(check->import->types, &list, false, problems, fault))
        return false;
    take_problems(check, problems, first);
    add_modules(check, &list, false);
    return true;
}

static bool check_dynamic(struct check *check, size_t first, struct fault *fault) {
    struct arena *arena = check->read->arena;
    struct problem_list *problems = registration_problems(arena, check->import->host->config);
    struct module_list list;
    if (!registration_check(arena, check->import->types, &check->app,
                            maps_of(check, first, LIMIT_MODULES, true), &list, problems, fault))
        return false;
    take_problems(check, problems, first);
    add_modules(check, &list, true);
    return true;
}

bool import_modules_check(const struct import *import, const struct moved_app *app,
                          struct fault *fault) {
    size_t count = json_object_array_length(app->modules);
    struct check check = {
        .import = import,
        .read = app,
        .app = {.key = moved_app_key(app), .module_limit = import->module_limit},
    };
    check.app.modules = arena_alloc(app->arena, (count + 1) * sizeof *check.app.modules);
    check.app.scopes.list =
        json_strings(app->arena, json_member(app->body, "scopes"), &check.app.scopes.count);
    /* no more at once than one request may bring */
    for (size_t first = 0; first < count; first += LIMIT_MODULES)
        if (!check_own(&check, first, fault))
            return false;
    for (size_t first = 0; first < count; first += LIMIT_MODULES)
        if (!check_dynamic(&check, first, fault))
            return false;
    return true;
}
