/* Whether a request comes from an installed app; tokens made by other code are in test_token.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "connect/authentication.h"

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
    return (struct token){.text = token_sign(arena, "my-app", SECRET, hash, 1000, 60),
                          .issuer = "my-app",
                          .qsh = arena_text(arena, hash)};
}

/* It was once built by the caller for the log and again to be compared. */
static void the_canonical_request_is_built_once(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct authentication authentication;
    struct query query;
    struct fault fault;
    assert_true(query_parse(arena, "moduleKey=a", &query, &fault));
    const struct qsh_request request = {
        .method = "DELETE", .path = "/x", .context_path = "", .query = &query};
    const struct token token = token_for(arena, &request);
    encoded = 0;
    assert_true(authentication_check(arena, &token, SECRET, &request, &authentication, &fault));
    assert_int_equal(encoded, 2);
    assert_string_equal(authentication.form, "host form");
    assert_string_equal(authentication.canonical, "DELETE&/x&moduleKey=a");
    arena_free(arena);
}

static void a_refusal_names_the_canonical_request(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct authentication authentication;
    struct query none = {0};
    struct fault fault;
    struct qsh_request request = {
        .method = "GET", .path = "/x", .context_path = "", .query = &none};
    const struct token token = token_for(arena, &request);
    request.method = "POST";
    assert_false(authentication_check(arena, &token, SECRET, &request, &authentication, &fault));
    assert_int_equal(fault.kind, FAULT_REFUSED);
    assert_null(authentication.form);
    assert_string_equal(authentication.canonical, "POST&/x&");
    assert_false(
        authentication_check(arena, &token, SECRET "x", &request, &authentication, &fault));
    assert_string_equal(authentication.canonical, "POST&/x&");
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_canonical_request_is_built_once),
        cmocka_unit_test(a_refusal_names_the_canonical_request),
    };
    return cmocka_run_group_tests_name("authentication", tests, NULL, NULL);
}
