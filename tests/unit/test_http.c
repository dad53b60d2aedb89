/* Requests as a transport brings them, and responses as bytes. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "http/request.h"
#include "http/response.h"
#include "unit.h"

/* A transport that hands out `body`. */
struct gateway {
    char *const *parameters;
    const char *body;
    size_t length;
    size_t at;
    bool breaks; /* instead of a clean end */
};

static size_t read_bytes(void *context, char *bytes, size_t size, bool *failed) {
    struct gateway *gateway = context;
    size_t count = gateway->length - gateway->at < size ? gateway->length - gateway->at : size;
    if (count > 0)
        memcpy(bytes, gateway->body + gateway->at, count);
    gateway->at += count;
    if (count < size && gateway->breaks)
        *failed = true;
    return count;
}

static struct request read_request(struct arena *arena, struct gateway *gateway, bool body_ends,
                                   size_t most) {
    struct request request;
    const struct transport transport = {.parameters = gateway->parameters,
                                        .read = read_bytes,
                                        .context = gateway,
                                        .body_ends = body_ends};
    request_read(&request, arena, &transport, most);
    return request;
}

#define PARAMETERS(...) ((char *const[]){"REQUEST_METHOD=POST", __VA_ARGS__, NULL})

static void parameters_are_read(void **state) {
    struct gateway gateway = {
        .parameters = PARAMETERS("REQUEST_URI=/x?y", "HTTP_AUTHORIZATION=", "HTTP_AUTHORIZATIONX=x",
                                 "REDIRECT_HTTP_AUTHORIZATION=JWT t", "REMOTE_ADDR=::1",
                                 "HTTP_REMOTE_ADDR=192.0.2.1", "DYNMOD_SITE=jira",
                                 "DYNMOD_SITE=second", "CONTENT_TYPE", "=")};
    struct request request = read_request(*state, &gateway, true, 10);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.target, "/x?y");
    assert_string_equal(request.authorization, "JWT t");
    assert_string_equal(request.client_address, "::1");
    assert_string_equal(request.site, "jira");
    assert_null(request.content_type);
    assert_string_equal(request.body, "");
    assert_int_equal(request.body_state, BODY_WHOLE);
}

static void headers_of_changes_are_read(void **state) {
    struct gateway gateway = {
        .parameters = PARAMETERS("HTTP_IF_MATCH=\"7\"", "HTTP_IF_NONE_MATCH=*", "HTTP_PREFER=a",
                                 "HTTP_X_DYNMOD_DRY_RUN=true", "X_DYNMOD_DRY_RUN=x")};
    struct request request = read_request(*state, &gateway, true, 10);
    assert_string_equal(request.if_match, "\"7\"");
    assert_string_equal(request.if_none_match, "*");
    assert_string_equal(request.prefer, "a");
    assert_string_equal(request.dry_run, "true");
    gateway.parameters = PARAMETERS(
        "HTTP_IF_MATCH=", "HTTP_IF_NONE_MATCH=", "HTTP_PREFER=", "HTTP_X_DYNMOD_DRY_RUN=");
    request = read_request(*state, &gateway, true, 10);
    assert_string_equal(request.if_match, "");
    assert_null(request.if_none_match);
    assert_null(request.prefer);
    assert_string_equal(request.dry_run, "");
    gateway.parameters = PARAMETERS("HTTP_IF=x");
    request = read_request(*state, &gateway, true, 10);
    assert_null(request.if_match);
    assert_null(request.dry_run);
}

static void the_environment_may_name_the_site(void **state) {
    struct gateway gateway = {.parameters = PARAMETERS("HTTP_DYNMOD_SITE=evil")};
    unsetenv("DYNMOD_SITE");
    struct request request = read_request(*state, &gateway, true, 10);
    assert_null(request.site);
    assert_string_equal(request_site(&request, ""), "default");
    setenv("DYNMOD_SITE", "from-environment", 1);
    assert_string_equal(read_request(*state, &gateway, true, 10).site, "from-environment");
    unsetenv("DYNMOD_SITE");
}

static void the_web_server_says_which_host_was_asked(void **state) {
    static const struct {
        const char *parameters[4], *authority;
    } cases[] = {
        {{"HTTP_HOST=a:1", "SERVER_NAME=b", "SERVER_PORT=2", NULL}, "a:1"},
        {{"HTTP_HOST=", "SERVER_NAME=b", "SERVER_PORT=2", NULL}, "b:2"},
        {{"SERVER_NAME=b", NULL}, "b:"},
        {{"SERVER_PORT=2", "HTTP_X_FORWARDED_HOST=x", "HTTP_HOST_=y", NULL}, NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct gateway gateway = {.parameters = (char *const *)cases[i].parameters};
        struct request request = read_request(*state, &gateway, true, 10);
        if (cases[i].authority == NULL)
            assert_null(request.authority);
        else
            assert_string_equal(request.authority, cases[i].authority);
    }
}

static void bodies_up_to_the_cap_are_whole(void **state) {
    for (int body_ends = 0; body_ends <= 1; body_ends++) {
        struct gateway gateway = {PARAMETERS("CONTENT_LENGTH=5"), "12345", 5, 0, false};
        struct request request = read_request(*state, &gateway, body_ends, 5);
        assert_int_equal(request.body_state, BODY_WHOLE);
        assert_string_equal(request.body, "12345");
        assert_int_equal(request.body_length, 5);
    }
}

static void larger_bodies_are_read_to_their_end(void **state) {
    struct gateway gateway = {PARAMETERS("CONTENT_LENGTH=6"), "123456", 6, 0, false};
    assert_int_equal(read_request(*state, &gateway, false, 5).body_state, BODY_TOO_LARGE);
    assert_int_equal(gateway.at, 6);
}

static void chunked_bodies_have_no_length(void **state) {
    struct gateway gateway = {PARAMETERS("HTTP_TRANSFER_ENCODING=chunked"), "123456", 6, 0, false};
    struct request request = read_request(*state, &gateway, false, 6);
    assert_int_equal(request.body_state, BODY_WHOLE);
    assert_string_equal(request.body, "123456");
    gateway.at = 0;
    assert_int_equal(read_request(*state, &gateway, false, 5).body_state, BODY_TOO_LARGE);
}

static void without_length_and_coding_nothing_is_read(void **state) {
    struct gateway gateway = {PARAMETERS("CONTENT_LENGTH="), "123456", 6, 0, false};
    struct request request = read_request(*state, &gateway, false, 10);
    assert_int_equal(request.body_length, 0);
    assert_int_equal(gateway.at, 0);
}

/* An empty CONTENT_LENGTH, as nginx sends it, once counted as 0 and made every body cut off. */
static void an_empty_length_does_not_count(void **state) {
    struct gateway gateway = {PARAMETERS("CONTENT_LENGTH="), "123456", 6, 0, false};
    struct request request = read_request(*state, &gateway, true, 10);
    assert_int_equal(request.body_state, BODY_WHOLE);
    assert_string_equal(request.body, "123456");
}

/* A SIGTERM in the middle of a body once made libfcgi end it early; the length tells. */
static void bodies_cut_off_are_noticed(void **state) {
    struct gateway gateway = {PARAMETERS("CONTENT_LENGTH=10"), "123456", 6, 0, false};
    assert_int_equal(read_request(*state, &gateway, true, 100).body_state, BODY_CUT_OFF);
    gateway.at = 0;
    assert_int_equal(read_request(*state, &gateway, false, 100).body_state, BODY_CUT_OFF);
    struct gateway broken = {PARAMETERS("HTTP_TRANSFER_ENCODING=chunked"), "123", 3, 0, true};
    assert_int_equal(read_request(*state, &broken, true, 100).body_state, BODY_CUT_OFF);
}

static bool write_bytes(void *context, const char *head, size_t head_length, const char *body,
                        size_t body_length) {
    buffer_add(context, head, head_length);
    buffer_add(context, body, body_length);
    return true;
}

static void assert_written(struct response *response, bool head, const char *expected) {
    struct buffer out;
    buffer_init(&out, 4096);
    const struct transport transport = {.write = write_bytes, .context = &out};
    response_end(response);
    assert_true(response_write(response, head, &transport));
    assert_string_equal(buffer_text(&out), expected);
    buffer_free(&out);
}

static const char *id_of(struct arena *arena, const char *sent) {
    struct gateway gateway = {PARAMETERS(arena_format(arena, "HTTP_X_REQUEST_ID=%s", sent)), "", 0,
                              0, false};
    return arena_text(arena, read_request(arena, &gateway, false, 10).id);
}

static void ids_that_are_sent_are_kept(void **state) {
    static const char *const sane[] = {"a", "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                                       "Root=1:a_b/c+d.e-f"};
    static const char *const odd[] = {"", "a b", "a\"b", "a\nb", "\xc3\xa9", "a,b"};
    const char *longest = unit_repeat(*state, "x", LIMIT_REQUEST_ID);
    for (size_t i = 0; i < ARRAY_LENGTH(sane); i++)
        assert_string_equal(id_of(*state, sane[i]), sane[i]);
    assert_string_equal(id_of(*state, longest), longest);
    assert_null(strchr(id_of(*state, arena_format(*state, "%sx", longest)), 'x'));
    for (size_t i = 0; i < ARRAY_LENGTH(odd); i++) {
        assert_string_not_equal(id_of(*state, odd[i]), odd[i]);
        assert_true(strlen(id_of(*state, odd[i])) > 10);
    }
}

static void responses_are_written(void **state) {
    struct response response;
    response_init(&response, *state);
    response.status = 200;
    response_header(&response, "ETag", "\"1\r\nSet-Cookie: x\"");
    response.body = "{}";
    response.body_length = 2;
    assert_written(&response, false,
                   "Status: 200 OK\r\nETag: \"1  Set-Cookie: x\"\r\nX-Content-Type-Options: "
                   "nosniff\r\nContent-Length: 2\r\n\r\n{}");
    assert_written(&response, true,
                   "Status: 200 OK\r\nETag: \"1  Set-Cookie: x\"\r\nX-Content-Type-Options: "
                   "nosniff\r\nContent-Length: 2\r\n\r\n");
    response.status = 304;
    assert_written(&response, false,
                   "Status: 304 Not Modified\r\nETag: \"1  Set-Cookie: x\"\r\n"
                   "X-Content-Type-Options: nosniff\r\n\r\n");
    response_free(&response);
}

static void errors_are_json(void **state) {
    struct response response;
    response_init(&response, *state);
    response.body = "half of something";
    response_error(&response, 400, "a \"quoted\"\nline/\xc3\xa9");
    assert_written(&response, false,
                   "Status: 400 Bad Request\r\nContent-Type: application/json;charset=UTF-8\r\n"
                   "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                   "Content-Length: 35\r\n\r\n"
                   "{\"message\":\"a \\\"quoted\\\"\\nline/\xc3\xa9\"}");
    response_free(&response);
}

static void clients_that_want_problems_get_them(void **state) {
    struct response response;
    response_init(&response, *state);
    response.accept = "application/json, application/problem+json";
    response_problem(&response, 404, "no \"x\"", ",\"more\":1");
    assert_written(&response, false,
                   "Status: 404 Not Found\r\nContent-Type: application/problem+json\r\n"
                   "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                   "Content-Length: 84\r\n\r\n"
                   "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                   "\"detail\":\"no \\\"x\\\"\",\"more\":1}");
    assert_string_equal(response.note, "no \"x\"");
    response_free(&response);
    response_init(&response, *state);
    response.accept = "*/*";
    response_problem(&response, 404, "x", ",\"more\":1");
    assert_string_equal(response.body, "{\"message\":\"x\"}");
    response_free(&response);
}

static void a_failed_precondition_says_the_tag(void **state) {
    struct response response;
    response_init(&response, *state);
    response_precondition_failed(&response, "\"17\"", "no");
    assert_written(&response, false,
                   "Status: 412 Precondition Failed\r\n"
                   "Content-Type: application/json;charset=UTF-8\r\n"
                   "Cache-Control: no-store\r\nETag: \"17\"\r\n"
                   "X-Content-Type-Options: nosniff\r\n"
                   "Content-Length: 32\r\n\r\n"
                   "{\"message\":\"no\",\"etag\":\"\\\"17\\\"\"}");
    response_free(&response);
}

/* The answer that replaces what is too large, and the words that its note must have. */
static void assert_too_large(struct response *response, const char *reason) {
    assert_written(response, false,
                   "Status: 500 Internal Server Error\r\n"
                   "Content-Type: application/json;charset=UTF-8\r\n"
                   "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                   "Content-Length: 78\r\n\r\n"
                   "{\"message\":\"An internal error occurred. See the log of the host for details."
                   "\"}");
    assert_contains(response->note, reason);
}

/* A document over the limit was once sent as a 200 with its JSON cut. */
static void what_is_too_large_is_not_cut(void **state) {
    struct response response;
    response_init(&response, *state);
    response.status = 200;
    response.body = "stands for a larger one";
    response.body_length = (size_t)LIMIT_RESPONSE + 1;
    assert_too_large(&response, "the response is larger than 268435456 bytes");
    response_free(&response);

    response_init(&response, *state);
    response.status = 200;
    response_header(&response, "ETag", unit_repeat(*state, "a", LIMIT_HEAD));
    assert_too_large(&response, "the headers of the response are longer than 16384");
    response_free(&response);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(parameters_are_read),
        UNIT_TEST(headers_of_changes_are_read),
        UNIT_TEST(the_environment_may_name_the_site),
        UNIT_TEST(the_web_server_says_which_host_was_asked),
        UNIT_TEST(bodies_up_to_the_cap_are_whole),
        UNIT_TEST(larger_bodies_are_read_to_their_end),
        UNIT_TEST(chunked_bodies_have_no_length),
        UNIT_TEST(without_length_and_coding_nothing_is_read),
        UNIT_TEST(an_empty_length_does_not_count),
        UNIT_TEST(bodies_cut_off_are_noticed),
        UNIT_TEST(ids_that_are_sent_are_kept),
        UNIT_TEST(responses_are_written),
        UNIT_TEST(errors_are_json),
        UNIT_TEST(clients_that_want_problems_get_them),
        UNIT_TEST(a_failed_precondition_says_the_tag),
        UNIT_TEST(what_is_too_large_is_not_cut),
    };
    return UNIT_RUN(tests);
}
