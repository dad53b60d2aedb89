/* Accept headers, and the one type that is looked for in them. */
#include "http/accept.h"
#include "unit.h"

#define TYPE "application/problem+json"

static void a_type_is_named_by_itself(void **state) {
    (void)state;
    static const char *const lists[] = {
        TYPE,
        "Application/Problem+JSON",
        " \t" TYPE " \t",
        "text/html, " TYPE,
        "text/html," TYPE ",*/*",
        ", ," TYPE,
        TYPE ";q=1",
        TYPE ";q=1.",
        TYPE ";q=1.000",
        TYPE ";q=0.001",
        TYPE " ; Q=0.5 ",
        TYPE ";",
        TYPE ";;q=0.1;",
        TYPE ";charset=utf-8",
        TYPE ";charset=\"utf-8\";q=0.9",
        TYPE ";a=\"q=0\"",
        TYPE ";q=0, " TYPE,
        "text/x;a=\"" TYPE "\\\",\", " TYPE,
        "broken, " TYPE,
        "broken;a=\"b, " TYPE "\"," TYPE,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        if (!accept_names(lists[i], TYPE))
            fail_msg("%s does not name it", lists[i]);
}

static void other_lists_do_not_name_it(void **state) {
    (void)state;
    static const char *const lists[] = {
        "",
        " ",
        ",",
        "*/*",
        "application/*",
        "application/*+json",
        "application/json",
        TYPE "x",
        "x" TYPE,
        "application/problem",
        "application/problem+xml",
        TYPE ";q=0",
        TYPE ";q=0.",
        TYPE ";q=0.000",
        TYPE ";Q=0",
        TYPE ";charset=utf-8;q=0",
        TYPE ";q=0;q=1",
        TYPE ";q=",
        TYPE ";q",
        TYPE ";q =1",
        TYPE ";q= 1",
        TYPE ";q=2",
        TYPE ";q=1.001",
        TYPE ";q=0.0001",
        TYPE ";q=1.0000",
        TYPE ";q=01",
        TYPE ";q=.5",
        TYPE ";q=-1",
        TYPE ";q=0x1",
        TYPE ";q=0.5x",
        TYPE ";q=\"1\"",
        TYPE "; a b",
        TYPE ";=b",
        TYPE " x",
        "text/x;a=\"" TYPE "\"",
        "text/x;a=\"\\\", " TYPE,
        "text/x;a=\"\\",
        TYPE ";a=\"b",
        TYPE ";a=\"\\\"",
        TYPE ";a=",
    };
    assert_false(accept_names(NULL, TYPE));
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        if (accept_names(lists[i], TYPE))
            fail_msg("%s names it", lists[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_type_is_named_by_itself),
        UNIT_TEST(other_lists_do_not_name_it),
    };
    return UNIT_RUN(tests);
}
