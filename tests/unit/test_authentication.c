/* Whether a request comes from an installed app; tokens made by other code are in test_token.c. */
#include "base/buffer.h"
#include "connect/authentication.h"
#include "unit_connect.h"

#define SECRET "0123456789abcdef0123456789abcdef"

/* The Makefile links percent_encode() through this counter: qsh.c calls it twice for each
 * parameter of a canonical request that it builds. */
void __real_percent_encode(struct buffer *out, const char *bytes, size_t length);
void __wrap_percent_encode(struct buffer *out, const char *bytes, size_t length);

static unsigned encoded;

void __wrap_percent_encode(struct buffer *out, const char *bytes, size_t length) {
    encoded++;
    __real_percent_encode(out, bytes, length);
}

static struct token token_for(struct arena *arena, const struct qsh_request *request) {
    char hash[QSH_LENGTH + 1];
    qsh_hash(qsh_canonical(arena, request, 0), hash);
    const struct token_claims claims = {
        .issuer = "my-app", .qsh = hash, .now = 1000, .lifetime = 60};
    return (struct token){.text = token_sign(arena, &claims, SECRET),
                          .issuer = "my-app",
                          .qsh = arena_text(arena, hash)};
}

/* It was once built by the caller for the log and again to be compared. */
static void the_canonical_request_is_built_once(void **state) {
    struct authentication authentication;
    struct fault fault;
    const struct qsh_request request = unit_request(*state, "DELETE", "/x?moduleKey=a", "");
    const struct token token = token_for(*state, &request);
    encoded = 0;
    assert_true(authentication_check(*state, &token, SECRET, &request, &authentication, &fault));
    assert_int_equal(encoded, 2);
    assert_string_equal(authentication.form, "host form");
    assert_string_equal(authentication.canonical, "DELETE&/x&moduleKey=a");
}

static void a_refusal_names_the_canonical_request(void **state) {
    struct authentication authentication;
    struct fault fault;
    struct qsh_request request = unit_request(*state, "GET", "/x", "");
    const struct token token = token_for(*state, &request);
    request.method = "POST";
    assert_false(authentication_check(*state, &token, SECRET, &request, &authentication, &fault));
    assert_int_equal(fault.kind, FAULT_REFUSED);
    assert_null(authentication.form);
    assert_string_equal(authentication.canonical, "POST&/x&");
    assert_false(
        authentication_check(*state, &token, SECRET "x", &request, &authentication, &fault));
    assert_string_equal(authentication.canonical, "POST&/x&");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_canonical_request_is_built_once),
        UNIT_TEST(a_refusal_names_the_canonical_request),
    };
    return UNIT_RUN(tests);
}
