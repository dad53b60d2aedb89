/* Which resource answers a request, and in which order it is refused before. */
#include "http/router.h"
#include "unit.h"

static const void *admit_somebody(struct exchange *exchange) {
    (void)exchange;
    return "somebody";
}

static const void *admit_nobody(struct exchange *exchange) {
    response_error(exchange->response, 401, "not you");
    return NULL;
}

/* As long as it may presume something, it is somebody else. */
static const void *admit_presumed(struct exchange *exchange) {
    exchange->presumed = !exchange->anew;
    exchange->caller.known = exchange->presumed;
    response_header(exchange->response, "X-Admitted", exchange->anew ? "anew" : "presumed");
    return exchange->anew ? exchange->site : "presumed";
}

static void confirm_presumed(struct exchange *exchange, const void *caller) {
    exchange->presumed = false;
    exchange->response->status = 200;
    response_body(exchange->response, "text/plain", caller);
}

static void leave_presumed(struct exchange *exchange, const void *caller) {
    if (exchange->presumed) {
        exchange->site = "changed";
        response_error(exchange->response, 401, "a text that nobody sees");
        return;
    }
    assert_false(exchange->caller.known);
    exchange->response->status = 200;
    response_body(exchange->response, "text/plain", caller);
}

static void tell_caller(struct exchange *exchange, const void *caller) {
    exchange->response->status = 200;
    response_body(exchange->response, "text/plain", caller == NULL ? "anybody" : caller);
}

static void tell_parameters(struct exchange *exchange, const void *caller) {
    (void)caller;
    const char *second = exchange->parameters[1];
    exchange->response->status = 200;
    response_body(exchange->response, "text/plain",
                  arena_format(exchange->request->arena, "<%s><%s>", exchange->parameters[0],
                               second == NULL ? "" : second));
}

static const struct route_method open_methods[] = {
    {"GET", NULL, ROUTE_BODY_IGNORED, tell_caller},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};
static const struct route_method guarded_methods[] = {
    {"GET", admit_somebody, ROUTE_BODY_IGNORED, tell_caller},
    {"POST", admit_somebody, ROUTE_BODY_JSON, tell_caller},
    {"DELETE", admit_nobody, ROUTE_BODY_JSON, tell_caller},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};
static const struct route_method presuming_methods[] = {
    {"GET", admit_presumed, ROUTE_BODY_IGNORED, confirm_presumed},
    {"POST", admit_presumed, ROUTE_BODY_JSON, leave_presumed},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};
static const struct route_method write_methods[] = {
    {"PUT", NULL, ROUTE_BODY_JSON, tell_caller},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};
static const struct route_method telling_methods[] = {
    {"GET", NULL, ROUTE_BODY_IGNORED, tell_parameters},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};
static const struct route_method typed_methods[] = {
    {"POST", NULL, ROUTE_BODY_JSON_TYPES, tell_caller},
    {"PUT", NULL, ROUTE_BODY_ANY, tell_caller},
    {NULL, NULL, ROUTE_BODY_IGNORED, NULL},
};
static const struct route routes[] = {
    {"/open", open_methods},
    {"/typed", typed_methods},
    {"/keys/first", open_methods},
    {"/keys/{}", telling_methods},
    {"/plugins/{}-key", telling_methods},
    {"/plugins/{}-key/{}/modules", telling_methods},
    {"/{}/{}/{}/much", telling_methods},
    {"/a/guarded", guarded_methods},
    {"/presuming", presuming_methods},
    {"/write", write_methods},
    {NULL, NULL},
};

struct answer {
    int status;
    const char *headers;
    const char *body;
    const char *context_path;
};

static struct answer ask(struct arena *arena, struct request request) {
    static const struct config config = {.max_body_bytes = 1000, .retry_after = 5};
    struct response *response = arena_alloc(arena, sizeof *response);
    request.arena = arena;
    response_init(response, arena);
    struct exchange exchange = {.config = &config, .request = &request, .response = response};
    router_answer(routes, &exchange);
    return (struct answer){.status = response->status,
                           .headers = buffer_to_arena(&response->headers, arena),
                           .body = response->body,
                           .context_path = exchange.context_path};
}

static void assert_answer(struct arena *arena, const char *method, const char *target, int status,
                          const char *body) {
    struct answer answer = ask(arena, (struct request){.method = method, .target = target});
    if (answer.status != status || strstr(answer.body, body) == NULL)
        fail_msg("%s %s: %d %s", method, target, answer.status, answer.body);
}

static void the_path_chooses_the_resource(void **state) {
    struct arena *arena = *state;
    assert_answer(arena, "GET", "/open", 200, "anybody");
    assert_answer(arena, "GET", "/open/?x=y", 200, "anybody");
    assert_answer(arena, "GET", "/a/guarded", 200, "somebody");
    assert_answer(arena, "GET", "/%61/guarded", 200, "somebody");
    assert_answer(arena, "GET", "/guarded", 404, "There is no such resource.");
    assert_answer(arena, "GET", "/open//", 404, "There is no such resource.");
    assert_answer(arena, "GET", "/a%2Fguarded", 404, "There is no such resource.");
    assert_answer(arena, "GET", "/opened", 404, "There is no such resource.");
    assert_answer(arena, "GET", "open", 404, "There is no such resource.");
}

static void braces_match_one_segment_each(void **state) {
    struct arena *arena = *state;
    assert_answer(arena, "GET", "/keys/a", 200, "<a><>");
    assert_answer(arena, "GET", "/keys/a/?x", 200, "<a><>");
    assert_answer(arena, "GET", "/keys/a%2Fb%25", 200, "<a/b%><>");
    assert_answer(arena, "GET", "/keys/%7B%7D", 200, "<{}><>");
    assert_answer(arena, "GET", "/keys/first", 200, "anybody");
    assert_answer(arena, "GET", "/keys/keys/keys", 200, "<keys><>");
    assert_answer(arena, "GET", "/plugins/com.example-key", 200, "<com.example><>");
    assert_answer(arena, "GET", "/plugins/a-key-key", 200, "<a-key><>");
    assert_answer(arena, "GET", "/plugins/a%2Dkey/b/modules", 200, "<a><b>");
    assert_answer(arena, "GET", "/%7B%7D/much", 404, "There is no such resource.");
    static const char *const others[] = {
        "/keys",          "/keys/",       "/keys//",           "/keys/a/b",
        "/keys/..",       "/keys/%00",    "/keys/%ff",         "/plugins/-key",
        "/plugins/a-KEY", "/plugins/-",   "/plugins/a-key/b",  "/plugins/a-key//modules",
        "/a/b/c/much",    "/plugins/key", "/plugins/a-key%20",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        assert_answer(arena, "GET", others[i], 404, "There is no such resource.");
}

static void what_precedes_the_resource_is_the_context_path(void **state) {
    struct answer answer =
        ask(*state, (struct request){.method = "GET", .target = "/%6Aira/b/a/guarded/"});
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.context_path, "/%6Aira/b");
    answer = ask(*state, (struct request){.method = "GET", .target = "/open"});
    assert_string_equal(answer.context_path, "");
    answer = ask(*state, (struct request){.method = "GET", .target = "/jira/keys/%61"});
    assert_string_equal(answer.context_path, "/jira");
}

static void allow_comes_from_the_table(void **state) {
    static const struct {
        const char *target, *allow;
    } cases[] = {
        {"/open", "Allow: GET, HEAD, OPTIONS\r\n"},
        {"/a/guarded", "Allow: GET, HEAD, POST, DELETE, OPTIONS\r\n"},
        {"/write", "Allow: PUT, OPTIONS\r\n"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct answer refused =
            ask(*state, (struct request){.method = "PATCH", .target = cases[i].target});
        assert_int_equal(refused.status, 405);
        assert_contains(refused.headers, cases[i].allow);
        struct answer options =
            ask(*state, (struct request){.method = "OPTIONS", .target = cases[i].target});
        assert_int_equal(options.status, 204);
        assert_string_equal(options.headers, cases[i].allow);
    }
}

static void head_is_served_where_get_is(void **state) {
    assert_answer(*state, "HEAD", "/open", 200, "anybody");
    assert_answer(*state, "HEAD", "/write", 405, "Use one of: PUT, OPTIONS.");
}

static void the_caller_is_admitted_before_the_body_is_looked_at(void **state) {
    const struct request request = {.method = "DELETE",
                                    .target = "/a/guarded",
                                    .content_type = "text/plain",
                                    .body_state = BODY_TOO_LARGE};
    struct answer answer = ask(*state, request);
    assert_int_equal(answer.status, 401);
    assert_string_equal(answer.body, "{\"message\":\"not you\"}");
}

static void what_is_presumed_must_be_confirmed(void **state) {
    struct answer answer = ask(*state, (struct request){.method = "GET", .target = "/presuming"});
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "presumed");
    answer = ask(*state, (struct request){.method = "POST", .target = "/presuming"});
    assert_int_equal(answer.status, 200);
    assert_string_not_equal(answer.body, "changed");
    assert_string_not_equal(answer.body, "presumed");
    assert_contains(answer.headers, "anew");
    assert_null(strstr(answer.headers, "presumed"));
}

static void the_body_is_refused_only_once_the_caller_is_sure(void **state) {
    const struct request request = {
        .method = "POST", .target = "/presuming", .body_state = BODY_TOO_LARGE};
    struct answer answer = ask(*state, request);
    assert_int_equal(answer.status, 413);
    assert_contains(answer.headers, "anew");
}

static void bodies_are_checked_where_the_table_wants_one(void **state) {
    static const struct {
        const char *content_type;
        enum body_state body_state;
        int status;
        const char *text;
    } cases[] = {
        {"text/plain", BODY_TOO_LARGE, 415, "application/json"},
        {"application/jsonx", BODY_WHOLE, 415, "application/json"},
        {NULL, BODY_TOO_LARGE, 413, "larger than 1000 bytes"},
        {"Application/JSON ; charset=x", BODY_CUT_OFF, 400, "shorter"},
        {"application/json;charset=utf-8", BODY_WHOLE, 200, "somebody"},
        {NULL, BODY_WHOLE, 200, "somebody"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct request request = {.method = "POST",
                                  .target = "/a/guarded",
                                  .content_type = cases[i].content_type,
                                  .body_state = cases[i].body_state};
        struct answer answer = ask(*state, request);
        assert_int_equal(answer.status, cases[i].status);
        assert_contains(answer.body, cases[i].text);
        request.method = "GET";
        assert_int_equal(ask(*state, request).status, 200);
    }
}

static void the_table_says_which_types_a_body_may_have(void **state) {
    static const struct {
        const char *method, *content_type;
        int status;
    } cases[] = {
        {"POST", NULL, 200},
        {"POST", "application/json;charset=utf-8", 200},
        {"POST", "application/vnd.atl.plugins.remote.install+JSON ; q", 200},
        {"POST", "+json", 415},
        {"POST", "text/plain", 415},
        {"POST", "text/plain; application/x+json", 415},
        {"POST", "application/x+jsonx", 415},
        {"PUT", "text/plain", 200},
        {"PUT", NULL, 200},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct request request = {
            .method = cases[i].method, .target = "/typed", .content_type = cases[i].content_type};
        struct answer answer = ask(*state, request);
        assert_int_equal(answer.status, cases[i].status);
        if (answer.status == 415)
            assert_contains(answer.body, "application/json or end in +json");
        request.body_state = BODY_TOO_LARGE;
        assert_int_equal(ask(*state, request).status, answer.status == 200 ? 413 : 415);
        request.body_state = BODY_CUT_OFF;
        assert_int_equal(ask(*state, request).status, answer.status == 200 ? 400 : 415);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_path_chooses_the_resource),
        UNIT_TEST(braces_match_one_segment_each),
        UNIT_TEST(what_precedes_the_resource_is_the_context_path),
        UNIT_TEST(allow_comes_from_the_table),
        UNIT_TEST(head_is_served_where_get_is),
        UNIT_TEST(the_caller_is_admitted_before_the_body_is_looked_at),
        UNIT_TEST(what_is_presumed_must_be_confirmed),
        UNIT_TEST(the_body_is_refused_only_once_the_caller_is_sure),
        UNIT_TEST(bodies_are_checked_where_the_table_wants_one),
        UNIT_TEST(the_table_says_which_types_a_body_may_have),
    };
    return UNIT_RUN(tests);
}
