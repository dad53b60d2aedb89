/* The passwords of administrators. */
#include "base/clock.h"
#include "base/limits.h"
#include "host/password.h"
#include "unit.h"

static const char *hash_of(struct arena *arena, const char *password) {
    const char *hash = NULL;
    struct fault fault = {0};
    if (!password_hash(arena, password, &hash, &fault))
        fail_msg("%s", fault.text);
    return hash;
}

static void only_the_same_password_matches(void **state) {
    const char *hash = hash_of(*state, "correct horse");
    assert_int_equal(strncmp(hash, "$y$", 3), 0);
    assert_null(strstr(hash, "correct"));
    assert_true(password_matches("correct horse", hash));
    assert_false(password_matches("correct horsf", hash));
    assert_false(password_matches("correct horse ", hash));
    assert_false(password_matches("", hash));
}

static void every_hash_has_its_own_salt(void **state) {
    assert_string_not_equal(hash_of(*state, "same"), hash_of(*state, "same"));
}

static void passwords_have_limits(void **state) {
    const char *longest = unit_repeat(*state, "x", LIMIT_PASSWORD);
    const char *too_long = unit_repeat(*state, "x", LIMIT_PASSWORD + 1);
    const char *hash = hash_of(*state, longest);
    struct fault fault;
    assert_true(password_matches(longest, hash));
    assert_false(password_matches(too_long, hash));
    assert_false(password_hash(*state, too_long, &hash, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_contains(fault.text, "511");
    assert_false(password_hash(*state, "", &hash, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
}

static void broken_hashes_never_match(void **state) {
    const char *hash = hash_of(*state, "password");
    static const char *const broken[] = {"", "*", "*0", "*1", "!", "$y$", "$y$j9T$", "password"};
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++)
        assert_false(password_matches("password", broken[i]));
    assert_false(password_matches("password", arena_copy(*state, hash, strlen(hash) - 1)));
    assert_false(password_matches("password", arena_format(*state, "%sx", hash)));
}

static int64_t time_of(const char *hash) {
    int64_t began = clock_milliseconds();
    for (int i = 0; i < 2; i++)
        assert_false(password_matches("wrong", hash));
    return clock_milliseconds() - began;
}

/* Without a hash to compute it would be 0 ms: a quarter leaves room for a busy machine. */
static void unknown_names_take_as_long(void **state) {
    int64_t known = time_of(hash_of(*state, "password")), unknown = time_of(NULL);
    if (unknown < known / 4)
        fail_msg("%d ms instead of %d", (int)unknown, (int)known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(only_the_same_password_matches), UNIT_TEST(every_hash_has_its_own_salt),
        UNIT_TEST(passwords_have_limits),          UNIT_TEST(broken_hashes_never_match),
        UNIT_TEST(unknown_names_take_as_long),
    };
    return UNIT_RUN(tests);
}
