/* Fuzzes what an app says of itself: its descriptor, the URLs that it wants to be called at, and
 * whether they may be called. */
#include "connect/builtin_types.h"
#include "connect/descriptor.h"
#include "connect/lifecycle.h"
#include "fuzz.h"
#include "host/app_url.h"
#include "json/json.h"

static const struct module_types *read_types(void) {
    static struct module_types *types;
    struct fault fault;
    require(types != NULL || module_types_read(builtin_types_json, 1, &types, &fault));
    return types;
}

/* Nothing but public addresses is ever reached without development and without an entry. */
static void check_reach(struct arena *arena, const char *url) {
    static const struct config config = {.allowed_app_urls = "public"};
    struct app_url_reach reach;
    struct fault fault;
    if (!app_url_check(arena, &config, url, &reach, &fault))
        return;
    require(!reach.any_address && !reach.loopback && reach.public_addresses);
    require(strncmp(reach.origin, "https://", 8) == 0);
}

/* An app is called below its base URL only, with a token and a body that can be read. */
static void check_calls(struct arena *arena, struct json_object *json) {
    static const struct lifecycle_host host = {"client", "http://host/jira", "host", "key"};
    const struct lifecycle_app app = {
        json_member_text(json, "key"), json_member_text(json, "baseUrl"),
        "a-secret-of-at-least-32-characters", "5f0c8a6e-0002-4000-8000-0000000000bb"};
    for (enum lifecycle_event event = 0; event < LIFECYCLE_EVENTS; event++) {
        const char *url = lifecycle_url(arena, json, event), *authorization;
        struct json_object *body;
        struct fault fault;
        if (url == NULL)
            continue;
        size_t length = strlen(app.base_url);
        while (length > 0 && app.base_url[length - 1] == '/')
            length--;
        require(strncmp(url, app.base_url, length) == 0 && strchr("/?#", url[length]) != NULL);
        check_reach(arena, url);
        const char *text = lifecycle_body(arena, event, &host, &app);
        require(json_parse_stored(arena, text, &body, &fault));
        if (event == LIFECYCLE_ENABLED)
            require(lifecycle_authorization(arena, event, url, &host, &app, "kid", "", 0,
                                            &authorization, &fault) ||
                    fault.kind == FAULT_INPUT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    struct problem_list *problems = problem_list_new(arena);
    struct descriptor descriptor;
    struct json_object *sent;
    struct fault fault;
    if (json_parse(arena, arena_copy(arena, data, size), size, &sent, &fault) &&
        descriptor_read(arena, read_types(), sent, &descriptor, problems, &fault) &&
        problems->errors == 0)
        check_calls(arena, sent);
    arena_free(arena);
    return 0;
}
