/* What the commands that change the dynamic modules of an app share. */
#include "ctl/module_change.h"

#include <stdio.h>

#include "ctl/output.h"
#include "json/json.h"
#include "store/store_find.h"
#include "store/store_missing.h"

bool module_change_find_app(struct invocation *invocation, struct app *app,
                            struct module_types **types, struct fault *fault) {
    struct store_types stored;
    if (!store_find_app_for_registration(invocation->database, invocation->arena,
                                         invocation_site(invocation),
                                         invocation->values[OPTION_APP], 0, app, &stored, fault))
        return false;
    return app->state == NULL
               ? store_missing_app(invocation_site(invocation), app->key, fault)
               : module_types_read_into(invocation->arena, stored.json, types, fault);
}

struct store_terms module_change_terms(const struct invocation *invocation) {
    return (struct store_terms){.dry_run = invocation_has(invocation, OPTION_DRY_RUN)};
}

struct json_object *module_change_answer(const struct invocation *invocation,
                                         const struct app *app) {
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_set_text(answer, "app", app->key);
    json_object_object_add(answer, "dryRun",
                           json_object_new_boolean(invocation_has(invocation, OPTION_DRY_RUN)));
    return answer;
}

static void add_keys(struct json_object *answer, const char *name, const struct app_texts *keys) {
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < keys->count; i++)
        json_object_array_add(list, json_object_new_string(keys->list[i]));
    json_object_object_add(answer, name, list);
}

static void print_keys(const char *name, const struct app_texts *keys) {
    for (size_t i = 0; i < keys->count; i++)
        printf(i == 0 ? "%s: %s" : ", %s", i == 0 ? name : keys->list[i], keys->list[i]);
    if (keys->count > 0)
        putchar('\n');
}

void module_change_print(const struct invocation *invocation, struct json_object *answer,
                         const struct store_change *change, const char *done) {
    const struct {
        const char *name;
        const struct app_texts *keys;
    } lists[] = {{"added", &change->added},
                 {"updated", &change->updated},
                 {"removed", &change->removed},
                 {"unchanged", &change->unchanged}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        add_keys(answer, lists[i].name, lists[i].keys);
    output_done(invocation, answer, "%s: %zu added, %zu updated, %zu removed, %zu unchanged", done,
                change->added.count, change->updated.count, change->removed.count,
                change->unchanged.count);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (!invocation_has(invocation, OPTION_JSON))
            print_keys(lists[i].name, lists[i].keys);
}
