/* Tokens: every vector of tests/data/jwt-vectors.json at its clock, times, and signing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "connect/authentication.h"
#include "http/uri.h"
#include "json/json.h"

#define SECRET "example-shared-secret-0123456789abcdef"
#define QSH "9764f4e00e69fbcf0fbd644d96bc1f3e481668c98916f916dac8b332503bddba"

static const int64_t now = 1700000000;

static int set_up(void **state) {
    *state = arena_new();
    return 0;
}

static int tear_down(void **state) {
    arena_free(*state);
    return 0;
}

static struct json_object *load_vectors(struct arena *arena) {
    struct json_object *vectors = json_object_from_file("tests/data/jwt-vectors.json");
    assert_non_null(vectors);
    return json_keep(arena, vectors);
}

/* Whether the host would let the request of the vectors in with this Authorization header. */
static bool accepts(struct arena *arena, struct json_object *file, const char *authorization,
                    struct fault *fault) {
    struct json_object *sent = json_member(file, "request");
    struct uri_target target;
    struct query query;
    assert_true(uri_split_target(arena, json_member_text(sent, "target"), &target, fault));
    assert_true(query_parse(arena, target.query, &query, fault));
    const char *text = authentication_token(arena, &query, authorization);
    assert_non_null(text);
    struct token token;
    struct authentication authentication;
    const struct qsh_request request = {json_member_text(sent, "method"), target.path, "", &query};
    return token_read(arena, text, json_object_get_int64(json_member(file, "clock")), 0, &token,
                      fault) &&
           (strcmp(token.issuer, json_member_text(file, "appKey")) == 0 ||
            fault_set(fault, FAULT_REFUSED, "unknown app")) &&
           authentication_check(arena, &token, json_member_text(file, "sharedSecret"), &request,
                                &authentication, fault);
}

static void every_vector(void **state) {
    struct json_object *file = load_vectors(*state);
    struct json_object *vectors = json_member(file, "vectors");
    size_t count = json_object_array_length(vectors);
    assert_true(count >= 29);
    for (size_t i = 0; i < count; i++) {
        struct json_object *vector = json_object_array_get_idx(vectors, i);
        const char *expected = json_member_text(vector, "expect");
        struct fault fault = {0};
        const char *header = arena_format(*state, "JWT %s", json_member_text(vector, "token"));
        bool accepted = accepts(*state, file, header, &fault);
        if (strcmp(expected, "200") != 0 && strcmp(expected, "401") != 0)
            continue; /* either answer will do; it only must not crash */
        if (accepted != (strcmp(expected, "200") == 0))
            fail_msg("%s: expected %s, reason: %s", json_member_text(vector, "name"), expected,
                     fault.text);
        if (!accepted) {
            assert_int_equal(fault.kind, FAULT_REFUSED);
            assert_true(strlen(fault.text) > 10);
        }
    }
}

static bool reads(struct arena *arena, const char *text, int64_t at, int64_t max_lifetime) {
    struct token token;
    struct fault fault;
    return token_read(arena, text, at, max_lifetime, &token, &fault);
}

static void own_tokens_are_read_and_verified(void **state) {
    const char *text = token_sign(*state, "my-app", SECRET, QSH, now, 180);
    struct token token;
    struct fault fault;
    assert_true(token_read(*state, text, now, 0, &token, &fault));
    assert_string_equal(token.issuer, "my-app");
    assert_string_equal(token.qsh, QSH);
    assert_true(token_verify(&token, SECRET, &fault));
    assert_false(token_verify(&token, "another-shared-secret-0123456789abcdef", &fault));
    assert_int_equal(fault.kind, FAULT_REFUSED);
}

static void expiry_has_thirty_seconds_of_leeway(void **state) {
    const char *text = token_sign(*state, "my-app", SECRET, QSH, now, 180);
    assert_true(reads(*state, text, now + 180 + 30, 0));
    assert_false(reads(*state, text, now + 180 + 31, 0));
}

static void lifetime_is_capped_only_when_configured(void **state) {
    const char *text = token_sign(*state, "my-app", SECRET, QSH, now, 7200);
    assert_true(reads(*state, text, now, 0));
    assert_true(reads(*state, text, now, 7200));
    assert_false(reads(*state, text, now, 7199));
}

static void what_is_no_token_is_refused(void **state) {
    static const char *const texts[] = {"",      ".",       "..",         "a.b",
                                        "a.b.c", "a.b.c.d", "eyJ9.eyJ9.", "\xff.\xff.\xff"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(reads(*state, texts[i], now, 0));
    char *long_text = arena_alloc(*state, LIMIT_TOKEN + 8);
    memset(long_text, 'a', LIMIT_TOKEN + 7);
    long_text[10] = long_text[20] = '.';
    assert_false(reads(*state, long_text, now, 0));
}

static const char *token_of(struct arena *arena, const char *raw_query, const char *header) {
    struct query query;
    struct fault fault;
    assert_true(query_parse(arena, raw_query, &query, &fault));
    return authentication_token(arena, &query, header);
}

static void tokens_come_in_header_or_parameter(void **state) {
    assert_string_equal(token_of(*state, NULL, "JWT abc"), "abc");
    assert_string_equal(token_of(*state, NULL, "jwt  abc "), "abc");
    assert_string_equal(token_of(*state, "a=1&jwt=from-query", "JWT abc"), "from-query");
    assert_string_equal(token_of(*state, "jwt=", "JWT abc"), "abc");
    assert_null(token_of(*state, NULL, NULL));
    assert_null(token_of(*state, NULL, "JWT "));
    assert_null(token_of(*state, NULL, "JWTabc"));
    assert_null(token_of(*state, NULL, "Bearer abc"));
    assert_null(token_of(*state, NULL, "Basic abc"));
    assert_null(token_of(*state, "JWT=abc", NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_vector, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_tokens_are_read_and_verified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(expiry_has_thirty_seconds_of_leeway, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lifetime_is_capped_only_when_configured, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_token_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tokens_come_in_header_or_parameter, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
