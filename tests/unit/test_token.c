/* Tokens: every vector of tests/data/jwt-vectors.json at its clock, times, and signing. */
#include "connect/authentication.h"
#include "unit_connect.h"

#define SECRET "example-shared-secret-0123456789abcdef"
#define QSH "9764f4e00e69fbcf0fbd644d96bc1f3e481668c98916f916dac8b332503bddba"

static const int64_t now = 1700000000;

/* Whether the host would let the request of the vectors in with this Authorization header. */
static bool accepts(struct arena *arena, struct json_object *file, const char *authorization,
                    struct fault *fault) {
    struct json_object *sent = json_member(file, "request");
    const struct qsh_request request =
        unit_request(arena, json_member_text(sent, "method"), json_member_text(sent, "target"), "");
    const char *text = authentication_token(arena, request.query, authorization);
    assert_non_null(text);
    struct token token;
    struct authentication authentication;
    return token_read(arena, text, json_object_get_int64(json_member(file, "clock")), 0, &token,
                      fault) &&
           (strcmp(token.issuer, json_member_text(file, "appKey")) == 0 ||
            fault_set(fault, FAULT_REFUSED, "unknown app")) &&
           authentication_check(arena, &token, json_member_text(file, "sharedSecret"), &request,
                                &authentication, fault);
}

static void every_vector_gets_its_answer(void **state) {
    struct json_object *file = unit_json_file(*state, "tests/data/jwt-vectors.json");
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

static void what_is_not_a_token_is_refused(void **state) {
    static const char *const texts[] = {"",      ".",       "..",         "a.b",
                                        "a.b.c", "a.b.c.d", "eyJ9.eyJ9.", "\xff.\xff.\xff"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_false(reads(*state, texts[i], now, 0));
    char *long_text = arena_alloc(*state, LIMIT_TOKEN + 8);
    memset(long_text, 'a', LIMIT_TOKEN + 7);
    long_text[10] = long_text[20] = '.';
    assert_false(reads(*state, long_text, now, 0));
}

static const char *token_of(struct arena *arena, const char *target, const char *header) {
    return authentication_token(arena, unit_request(arena, "GET", target, "").query, header);
}

static void tokens_come_in_header_or_parameter(void **state) {
    assert_string_equal(token_of(*state, "/", "JWT abc"), "abc");
    assert_string_equal(token_of(*state, "/", "jwt  abc "), "abc");
    assert_string_equal(token_of(*state, "/?a=1&jwt=from-query", "JWT abc"), "from-query");
    assert_string_equal(token_of(*state, "/?jwt=", "JWT abc"), "abc");
    assert_null(token_of(*state, "/", NULL));
    assert_null(token_of(*state, "/", "JWT "));
    assert_null(token_of(*state, "/", "JWTabc"));
    assert_null(token_of(*state, "/", "Bearer abc"));
    assert_null(token_of(*state, "/", "Basic abc"));
    assert_null(token_of(*state, "/?JWT=abc", NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(every_vector_gets_its_answer),
        UNIT_TEST(own_tokens_are_read_and_verified),
        UNIT_TEST(expiry_has_thirty_seconds_of_leeway),
        UNIT_TEST(lifetime_is_capped_only_when_configured),
        UNIT_TEST(what_is_not_a_token_is_refused),
        UNIT_TEST(tokens_come_in_header_or_parameter),
    };
    return UNIT_RUN(tests);
}
