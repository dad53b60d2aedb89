/* dynmodctl site, app and type remove: what cannot be undone. */
#include "ctl/confirmation.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "json/json.h"
#include "store/store_module_type.h"
#include "store/store_removal.h"

static const struct {
    const char *member, *one, *several;
} counted[] = {
    {"apps", "app", "apps"},
    {"dynamicModules", "dynamic module", "dynamic modules"},
    {"descriptorModules", "module of a descriptor", "modules of descriptors"},
    {"properties", "property", "properties"},
    {"waitingCalls", "waiting call", "waiting calls"},
};

/* Such as "with 2 apps, 1 dynamic module" and so on, without what was not counted. */
static const char *describe(struct arena *arena, struct json_object *contents) {
    const char *text = "with", *separator = "";
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        struct json_object *number = json_member(contents, counted[i].member);
        if (number == NULL)
            continue;
        int64_t count = json_object_get_int64(number);
        text = arena_format(arena, "%s%s %lld %s", text, separator, (long long)count,
                            count == 1 ? counted[i].one : counted[i].several);
        separator = ",";
    }
    return text;
}

static void print_removed(const struct invocation *invocation, const char *member, const char *site,
                          struct json_object *contents, const char *what) {
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_set_text(answer, member, invocation->arguments[0]);
    if (site != NULL)
        json_set_text(answer, "site", site);
    if (contents != NULL)
        json_object_object_add(answer, "lost", json_object_get(contents));
    output_done(invocation, answer, "removed %s", what);
}

bool run_site_remove(struct invocation *invocation, struct fault *fault) {
    struct arena *arena = invocation->arena;
    const char *name = invocation->arguments[0];
    struct json_object *contents;
    if (!store_count_contents(invocation->database, arena, name, NULL, &contents, fault))
        return false;
    const char *what = arena_format(arena, "the site %s %s", name, describe(arena, contents));
    if (!confirmation_get(invocation, arena_format(arena, "removing %s", what), fault) ||
        !store_remove_site(invocation->database, name, fault))
        return false;
    print_removed(invocation, "name", NULL, contents, what);
    return true;
}

bool run_app_remove(struct invocation *invocation, struct fault *fault) {
    struct arena *arena = invocation->arena;
    const char *site = invocation_site(invocation), *key = invocation->arguments[0];
    struct json_object *contents;
    if (!store_count_contents(invocation->database, arena, site, key, &contents, fault))
        return false;
    json_object_object_del(contents, counted[0].member);
    const char *what =
        arena_format(arena, "the app %s from the site %s %s", key, site, describe(arena, contents));
    if (!confirmation_get(invocation, arena_format(arena, "removing %s", what), fault) ||
        !store_remove_app(invocation->database, site, key, fault))
        return false;
    print_removed(invocation, "key", site, contents, what);
    return true;
}

bool run_type_remove(struct invocation *invocation, struct fault *fault) {
    struct arena *arena = invocation->arena;
    const char *name = invocation->arguments[0];
    struct json_object *type;
    if (!store_show_type(invocation->database, arena, name, &type, fault))
        return false;
    const char *what = arena_format(arena, "the module type %s with its schema", name);
    if (!confirmation_get(invocation, arena_format(arena, "removing %s", what), fault) ||
        !store_remove_type(invocation->database, name, fault))
        return false;
    print_removed(invocation, "name", NULL, NULL, what);
    return true;
}
