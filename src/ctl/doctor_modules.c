/* What doctor checks in the stored modules. */
#include "ctl/doctor_modules.h"

#include <string.h>

#include "connect/module_check.h"
#include "connect/module_rules.h"
#include "connect/module_type.h"
#include "ctl/doctor_mend.h"
#include "host/stored_types.h"
#include "json/json.h"
#include "store/store_health.h"

/* The modules of one app: those of its descriptor, the dynamic ones, and all of them. */
struct app_modules {
    struct module_list of_descriptor, dynamic, all;
};

/* The place of a module as /site/app/type and its key, or its number where it has none. */
static const char *place_of(struct arena *arena, struct json_object *app, const char *type,
                            const char *key, size_t number) {
    const char *place = problem_pointer(arena, "", json_member_text(app, "site"));
    place = problem_pointer(arena, place, json_member_text(app, "key"));
    place = problem_pointer(arena, place, type);
    return key == NULL ? problem_pointer_index(arena, place, number)
                       : problem_pointer(arena, place, key);
}

static void read_modules(struct arena *arena, const struct module_types *types,
                         struct json_object *app, struct app_modules *modules) {
    struct json_object *stored = json_member(app, "modules");
    size_t count = json_object_array_length(stored);
    modules->of_descriptor.items = arena_alloc(arena, count * sizeof(struct module));
    modules->dynamic.items = arena_alloc(arena, count * sizeof(struct module));
    modules->all.items = arena_alloc(arena, count * sizeof(struct module));
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(stored, i);
        struct json_object *definition = json_member(entry, "definition");
        const char *type = json_member_text(entry, "type");
        const char *key = json_member_text(definition, "key");
        const struct module module = {
            .type = module_types_find(types, type),
            .definition = definition,
            .key = key,
            .pointer = place_of(arena, app, type, key, i),
        };
        if (module.type == NULL)
            continue; /* added since the types were read */
        struct module_list *list = strcmp(json_member_text(entry, "origin"), "dynamic") == 0
                                       ? &modules->dynamic
                                       : &modules->of_descriptor;
        list->items[list->count++] = module;
        modules->all.items[modules->all.count++] = module;
    }
}

static bool check_app(struct arena *arena, const struct module_types *types,
                      struct json_object *app, struct problem_list *problems, struct fault *fault) {
    struct app_modules modules = {0};
    read_modules(arena, types, app, &modules);
    struct app surrounding = {0};
    surrounding.scopes.list =
        json_strings(arena, json_member(app, "scopes"), &surrounding.scopes.count);
    const struct module_surroundings surroundings = {.list = &modules.all, .app = &surrounding};
    if (!module_check(types, &modules.of_descriptor, false, problems, fault) ||
        !module_check(types, &modules.dynamic, true, problems, fault))
        return false;
    module_rules_check(&surroundings, problems);
    return true;
}

static void report(struct findings *findings, const struct problem_list *problems) {
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        findings_add(findings, problem->severity == PROBLEM_ERROR ? FINDING_ERROR : FINDING_WARNING,
                     "modules", "%s", problem_describe(problems->arena, problem));
    }
    if (problems->more > 0)
        findings_add(findings, FINDING_ERROR, "modules", "and %zu more", problems->more);
}

/* Triggers keep the documents; who switches them off, or restores only part of a backup, does not.
 */
static bool check_documents(struct findings *findings, struct fault *fault) {
    struct json_object *apps;
    if (!store_stale_documents(findings->tables, findings->invocation->arena, &apps, fault))
        return false;
    if (json_object_array_length(apps) == 0)
        return true;
    findings_add(findings, FINDING_ERROR, "modules",
                 "GET does not show the dynamic modules that are stored of %s",
                 findings_joined(findings, apps));
    findings_mend(findings, mend_data(findings, store_compute_documents));
    return true;
}

bool doctor_check_modules(struct findings *findings, struct fault *fault) {
    struct invocation *invocation = findings->invocation;
    struct problem_list *problems = problem_list_new(invocation->arena);
    struct json_object *apps;
    struct module_types *types;
    size_t count = 0;
    if (!stored_types_read(findings->tables, invocation->arena, &types, fault) ||
        !store_all_modules(findings->tables, invocation->arena, &apps, fault))
        return false;
    for (size_t i = 0; i < json_object_array_length(apps); i++) {
        struct json_object *app = json_object_array_get_idx(apps, i);
        count += json_object_array_length(json_member(app, "modules"));
        if (!check_app(invocation->arena, types, app, problems, fault))
            return false;
    }
    problem_list_sort(problems);
    report(findings, problems);
    if (problems->errors == 0)
        findings_add(findings, FINDING_OK, "modules", "all %zu stored modules follow the rules",
                     count);
    return check_documents(findings, fault);
}
