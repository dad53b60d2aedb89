/* Changes of the set of dynamic modules that an app has. */
#include "host/module_set.h"

#include <string.h>

#include "base/limits.h"
#include "host/registration_problem.h"
#include "json/json.h"
#include "store/store_find.h"

static const char *modules_json(struct arena *arena, const struct module_list *list) {
    struct buffer text;
    buffer_init(&text, LIMIT_RESPONSE);
    buffer_add_byte(&text, '[');
    for (size_t i = 0; i < list->count; i++) {
        buffer_add_text(&text, i == 0 ? "{\"type\":" : ",{\"type\":");
        json_add_string(&text, list->items[i].type->name, strlen(list->items[i].type->name));
        buffer_add_text(&text, ",\"definition\":");
        buffer_add_text(&text, json_text(list->items[i].definition));
        buffer_add_byte(&text, '}');
    }
    buffer_add_byte(&text, ']');
    return buffer_to_arena(&text, arena);
}

/* Whether what the database has refused can be said as a problem of the modules, for which
 * `problems` is NULL where none were sent; otherwise fails. */
static bool explain(const struct host *host, const struct app *app, bool replaces,
                    struct problem_list *problems, struct fault *fault) {
    if (strcmp(database_sqlstate(host->database), STORE_APP_NOT_ENABLED) == 0)
        return fault_set(fault, FAULT_REFUSED, "the app was disabled in the meantime");
    return problems != NULL &&
           registration_problem_stored(host->database, app, replaces, problems, fault);
}

bool module_set_look(const struct host *host, const struct app *app, struct app *present,
                     struct fault *fault) {
    const struct app_texts none_known = {0};
    if (!store_find_app_with_document(host->database, host->arena, host->site, app->key,
                                      &none_known, present, fault))
        return false;
    return present->state != NULL ||
           fault_set(fault, FAULT_REFUSED, "the app was removed in the meantime");
}

static bool add_nothing(const struct host *host, const struct app *app, struct store_change *change,
                        struct fault *fault) {
    struct app present;
    if (!module_set_look(host, app, &present, fault))
        return false;
    *change = (struct store_change){.revision = present.revision};
    return true;
}

bool module_set_add(const struct host *host, const struct app *app, const struct module_list *list,
                    const struct store_terms *terms, struct problem_list *problems,
                    struct store_change *change, struct fault *fault) {
    if (list->count == 0 && terms->expected == NULL)
        return add_nothing(host, app, change, fault);
    return store_register_modules(host->database, host->arena, host->site, app->key,
                                  modules_json(host->arena, list), terms, change, fault) ||
           explain(host, app, false, problems, fault);
}

bool module_set_replace(const struct host *host, const struct app *app,
                        const struct module_list *list, const struct store_terms *terms,
                        struct problem_list *problems, struct store_change *change,
                        struct fault *fault) {
    return store_replace_modules(host->database, host->arena, host->site, app->key,
                                 modules_json(host->arena, list), terms, change, fault) ||
           explain(host, app, true, problems, fault);
}

bool module_set_restore(const struct host *host, const struct app *app, const char *moment,
                        const struct store_terms *terms, struct problem_list *problems,
                        struct store_change *change, struct fault *fault) {
    return store_restore_modules(host->database, host->arena, host->site, app->key, moment, terms,
                                 change, fault) ||
           explain(host, app, true, problems, fault);
}

bool module_set_remove(const struct host *host, const struct app *app, const struct app_texts *keys,
                       const struct store_terms *terms, struct store_change *change,
                       struct fault *fault) {
    return store_remove_modules(host->database, host->arena, host->site, app->key, keys, terms,
                                change, fault) ||
           explain(host, app, false, NULL, fault);
}
