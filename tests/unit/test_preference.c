/* What clients prefer. */
#include "http/preference.h"
#include "unit.h"

static void preferences_are_found_in_a_list(void **state) {
    (void)state;
    static const char *const with[] = {
        "return=representation",
        " Return = representation ",
        "return=\"representation\"",
        "respond-async, return=representation",
        "return=representation, wait=100",
        "return=representation; x=y, wait",
        "a=\"b, return=minimal\", return=representation",
        "a=\"\\\", return=minimal\",return=representation",
        ", ,return=representation",
        "return=representation, return=minimal",
        "wait=1;return=minimal, return=representation",
    };
    static const char *const without[] = {
        "",
        "return",
        "return=",
        "return=minimal",
        "return=Representation",
        "return=representation2",
        "return=\"representation",
        "xreturn=representation",
        "return representation",
        "a=\"return=representation\"",
        "a; return=representation",
        "return=minimal, return=representation",
        "a=\", return=representation",
        "=representation",
        "a=\"\\",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(with); i++)
        if (!preference_is(with[i], "return", "representation"))
            fail_msg("not found in: %s", with[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(without); i++)
        if (preference_is(without[i], "return", "representation"))
            fail_msg("found in: %s", without[i]);
    assert_false(preference_is(NULL, "return", "representation"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(preferences_are_found_in_a_list),
    };
    return UNIT_RUN(tests);
}
