/* Texts that have been seen before, more of them than the set begins with. */
#include "host/seen.h"
#include "unit.h"

enum { MANY = 5000 };

static void a_text_is_new_once(void **state) {
    struct seen *seen = seen_new(*state);
    assert_false(seen_before(seen, "a"));
    assert_false(seen_before(seen, "A"));
    assert_false(seen_before(seen, ""));
    assert_true(seen_before(seen, "a"));
    assert_true(seen_before(seen, ""));
}

static void many_are_told_apart(void **state) {
    struct seen *seen = seen_new(*state);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < MANY; i++)
            assert_int_equal(seen_before(seen, arena_format(*state, "text %d", i)), round);
    assert_false(seen_before(seen, "text"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_text_is_new_once),
        UNIT_TEST(many_are_told_apart),
    };
    return UNIT_RUN(tests);
}
