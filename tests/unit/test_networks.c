/* Lists of addresses and networks. */
#include "base/networks.h"
#include "unit.h"

static void lists_are_checked(void **state) {
    static const char *const valid[] = {
        "",
        "  ",
        "127.0.0.1",
        "::1",
        "10.0.0.0/8",
        "0.0.0.0/0 ::/0",
        "10.0.0.1,10.0.0.2, ::1/128",
        "fe80::1 , 192.168.0.0/16",
    };
    static const char *const invalid[] = {
        "localhost",
        "10.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8x",
        "::1/129",
        "::1/ 8",
        "10.0.0.1;10.0.0.2",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "/8",
        "10.0.0.0/99999999999999999999",
        "1111111111111111111111111111111111111111111111111111111111111111111111111111111111",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(valid); i++)
        assert_true(networks_are_valid(valid[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(invalid); i++)
        assert_false(networks_are_valid(invalid[i]));
}

static void addresses_are_found(void **state) {
    static const struct {
        const char *list, *address;
        bool found;
    } cases[] = {
        {"", "127.0.0.1", false},
        {"127.0.0.1", NULL, false},
        {"127.0.0.1", "", false},
        {"127.0.0.1", "nonsense", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"127.0.0.1", "::ffff:127.0.0.1", true},
        {"::ffff:127.0.0.1", "127.0.0.1", true},
        {"::1 10.0.0.0/8", "10.255.1.2", true},
        {"::1 10.0.0.0/8", "11.0.0.1", false},
        {"::1 10.0.0.0/8", "::1", true},
        {"10.0.0.0/9", "10.127.0.1", true},
        {"10.0.0.0/9", "10.128.0.1", false},
        {"10.0.0.4/30", "10.0.0.7", true},
        {"10.0.0.4/30", "10.0.0.8", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_int_equal(networks_contain(cases[i].list, cases[i].address), cases[i].found);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(lists_are_checked),
        UNIT_TEST(addresses_are_found),
    };
    return UNIT_RUN(tests);
}
