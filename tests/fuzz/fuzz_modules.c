/* Fuzzes the way of a registration's body: JSON intake, shapes, keys, schemas, rules, message. */
#include "connect/builtin_types.h"
#include "connect/module_urls.h"
#include "fuzz.h"
#include "host/registration.h"
#include "json/json.h"

static const struct module_types *read_types(void) {
    static struct module_types *types;
    struct fault fault;
    require(types != NULL || module_types_read(builtin_types_json, 1, &types, &fault));
    return types;
}

/* Whatever was accepted comes back from its own text as the same text. */
static void check_round_trip(struct arena *arena, struct json_object *sent) {
    struct json_object *again;
    struct fault fault;
    const char *text = arena_text(arena, json_text(sent));
    require(json_parse(arena, text, strlen(text), &again, &fault));
    require(strcmp(json_text(again), text) == 0);
}

/* What registration_check() and registration_check_replacement() have in common. */
typedef bool check(struct arena *arena, const struct module_types *types, const struct app *app,
                   struct json_object *sent, struct module_list *list,
                   struct problem_list *problems, struct fault *fault);

static void check_modules(struct arena *arena, struct json_object *sent, check *way) {
    static const char *scopes[] = {"READ"};
    static struct app_module present[] = {{"webPanels", "there", true},
                                          {"dialogs", "no-longer", true}};
    const struct app app = {
        .key = "fuzzed-app",
        .scopes = {scopes, 1},
        .modules = present,
        .module_count = sizeof present / sizeof present[0],
        .module_limit = 100,
    };
    struct problem_list *problems = problem_list_new(arena);
    struct module_list list;
    struct fault fault;
    problem_list_treat_as_error(problems, MODULE_URLS_RULE);
    if (way(arena, read_types(), &app, sent, &list, problems, &fault))
        require(strlen(registration_message(problems)) <= LIMIT_MESSAGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    char *body = arena_copy(arena, data, size);
    struct json_object *sent;
    struct fault fault;
    if (json_parse(arena, body, size, &sent, &fault)) {
        check_round_trip(arena, sent);
        check_modules(arena, sent, registration_check);
        check_modules(arena, sent, registration_check_replacement);
    }
    arena_free(arena);
    return 0;
}
