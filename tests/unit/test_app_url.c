/* Which URLs the host may call, and at which addresses. */
#include <arpa/inet.h>

#include "host/app_url.h"
#include "unit.h"

static bool checks(struct arena *arena, const char *allowed, bool development, const char *url,
                   struct app_url_reach *reach, struct fault *fault) {
    const struct config config = {.allowed_app_urls = allowed, .development = development};
    return app_url_check(arena, &config, url, reach, fault);
}

/* Whether the reach is exactly what the letters say: a(ny), p(ublic), l(oopback), or - for none. */
static bool is_reach(struct arena *arena, const char *allowed, bool development, const char *url,
                     const char *letters) {
    struct app_url_reach reach;
    struct fault fault = {0};
    if (!checks(arena, allowed, development, url, &reach, &fault))
        return strcmp(letters, "-") == 0 && fault.kind == FAULT_REFUSED;
    return reach.any_address == (strchr(letters, 'a') != NULL) &&
           reach.public_addresses == (strchr(letters, 'p') != NULL) &&
           reach.loopback == (strchr(letters, 'l') != NULL);
}

static void public_stands_for_https(void **state) {
    assert_true(is_reach(*state, "public", false, "https://a.example.com/x", "p"));
    assert_true(is_reach(*state, "public", false, "HTTPS://a.example.com:8443", "p"));
    assert_true(is_reach(*state, "public", false, "http://a.example.com/x", "-"));
    assert_true(is_reach(*state, "", false, "https://a.example.com/x", "-"));
}

static void development_adds_loopback(void **state) {
    assert_true(is_reach(*state, "public", true, "https://a.example.com/x", "pl"));
    assert_true(is_reach(*state, "public", true, "http://localhost:3000/x", "l"));
    assert_true(is_reach(*state, "", true, "https://localhost/x", "l"));
}

static void entries_match_at_boundaries_only(void **state) {
    static const struct {
        const char *entry, *url;
        bool matches;
    } cases[] = {
        {"https://a.example.com", "https://a.example.com", true},
        {"https://a.example.com", "https://a.example.com/x?y#z", true},
        {"https://a.example.com", "https://a.example.com?y", true},
        {"https://a.example.com/", "https://a.example.com", true},
        {"https://a.example.com", "HTTPS://A.Example.COM:443/x", true},
        {"HTTP://A.example.com:80", "http://a.example.com/x", true},
        {"http://[::1]:3000", "http://[::1]:3000/x", true},
        {"https://a.example.com", "http://a.example.com/x", false},
        {"https://a.example.com", "https://a.example.com.evil.org/x", false},
        {"https://a.example.com", "https://a.example.comevil.org/x", false},
        {"https://a.example.com", "https://evil.org/https://a.example.com", false},
        {"https://a.example.com", "https://a.example.com:444/x", false},
        {"https://a.example.com:444", "https://a.example.com:4445/x", false},
        {"https://a.example.com/x", "https://a.example.com/x", true},
        {"https://a.example.com/x", "https://a.example.com/x/y", true},
        {"https://a.example.com/x", "https://a.example.com/x?y", true},
        {"https://a.example.com/x/", "https://a.example.com/x/y", true},
        {"https://a.example.com/x", "https://a.example.com/z/../x/./y", true},
        {"https://a.example.com/x", "https://a.example.com/xy", false},
        {"https://a.example.com/x", "https://a.example.com/X", false},
        {"https://a.example.com/x", "https://a.example.com/", false},
        {"https://a.example.com/x/", "https://a.example.com/x", false},
        {"https://a.example.com/x", "https://a.example.com/x/../y", false},
        {"https://a.example.com/x", "https://a.example.com/x/..", false},
        {"https://a.example.com/x", "https://a.example.com/x/..%2fy", false},
        {"https://a.example.com/x", "https://a.example.com/x/..%5Cy", false},
        {"https://a.example.com", "https://a.example.com/x%2fy", true},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        if (!is_reach(*state, cases[i].entry, false, cases[i].url, cases[i].matches ? "a" : "-"))
            fail_msg("%s with the entry %s", cases[i].url, cases[i].entry);
}

static void any_of_several_entries_is_enough(void **state) {
    const char *allowed = " http://localhost:3000  public\thttps://10.0.0.1/app ";
    assert_true(is_reach(*state, allowed, false, "http://localhost:3000/x", "a"));
    assert_true(is_reach(*state, allowed, false, "https://10.0.0.1/app/x", "ap"));
    assert_true(is_reach(*state, allowed, false, "https://10.0.0.1/", "p"));
    assert_true(is_reach(*state, allowed, false, "http://localhost:3001/x", "-"));
}

static void a_refusal_names_origin_and_option(void **state) {
    struct app_url_reach reach;
    struct fault fault;
    assert_false(
        checks(*state, "public", false, "http://a.example.com:80/x?secret=1", &reach, &fault));
    assert_int_equal(fault.kind, FAULT_REFUSED);
    assert_contains(fault.text, "http://a.example.com may");
    assert_contains(fault.text, "allowed_app_urls is \"public\"");
    assert_null(strstr(fault.text, "secret"));
}

static void what_is_not_a_web_url_is_wrong(void **state) {
    static const char *const urls[] = {
        "",
        "/installed",
        "//a.example.com/x",
        "a.example.com",
        "ftp://a.example.com/x",
        "file:///etc/passwd",
        "gopher://a.example.com/",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://:443/x",
        "https://user@a.example.com/x",
        "https://user:password@a.example.com/x",
        "https://:password@a.example.com/x",
        "https://a.example.com@evil.org@b/x",
        "https://a.example.com:99999/x",
        "https://a.example.com/x y",
        "https://a.example.com/x\ny",
        "https://a.example.com/\x7f",
        " https://a.example.com/",
        "https://a.example.com/%00",
        "https://a.example.com/%0d%0a",
        "https://a.example.com/%zz",
        "https://a.example.com/x/%2e%2E/y",
        "https://a\\.example.com/",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
        struct app_url_reach reach;
        struct fault fault = {0};
        if (checks(*state, "public", true, urls[i], &reach, &fault))
            fail_msg("accepted: %s", urls[i]);
        assert_int_equal(fault.kind, FAULT_INPUT);
        assert_null(strstr(fault.text, "password@"));
    }
}

static void wrong_entries_are_named(void **state) {
    static const char *const entries[] = {
        "Public",     "private",       "a.example.com", "ftp://a.example.com", "https://",
        "https://*/", "https://a.b?c", "https://a.b#c", "https://u@a.b/",      "https:/a.b",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++) {
        struct app_url_reach reach;
        struct fault fault = {0};
        const char *allowed = arena_format(*state, "public %s", entries[i]);
        if (checks(*state, allowed, true, "https://a.example.com/", &reach, &fault))
            fail_msg("accepted: %s", entries[i]);
        assert_int_equal(fault.kind, FAULT_INPUT);
        assert_contains(fault.text, arena_format(*state, "\"%s\"", entries[i]));
    }
}

static bool allows(struct app_url_reach reach, const char *address) {
    struct sockaddr_storage storage = {.ss_family = AF_INET};
    void *any = &storage;
    struct sockaddr_in *ipv4 = any;
    struct sockaddr_in6 *ipv6 = any;
    if (inet_pton(AF_INET, address, &ipv4->sin_addr) != 1) {
        storage.ss_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, address, &ipv6->sin6_addr), 1);
    }
    return app_url_allows(&reach, any);
}

static const struct app_url_reach only_public = {.public_addresses = true};
static const struct app_url_reach only_loopback = {.loopback = true};
static const struct app_url_reach any_address = {.any_address = true};

static void addresses_of_the_internet_are_public(void **state) {
    (void)state;
    static const char *const addresses[] = {
        "1.1.1.1",        "9.255.255.255",    "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255",  "128.0.0.0",       "169.253.255.255",
        "172.15.0.1",     "172.32.0.0",       "192.0.1.0",       "192.167.255.255",
        "192.169.0.0",    "198.17.255.255",   "198.20.0.0",      "198.51.99.255",
        "203.0.114.0",    "223.255.255.255",  "2001:200::1",     "2001:db7::1",
        "2001:db9::1",    "2003::1",          "2606:4700::1111", "3ffe::1",
        "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++) {
        if (!allows(only_public, addresses[i]))
            fail_msg("refused: %s", addresses[i]);
        assert_false(allows(only_loopback, addresses[i]));
    }
}

static void special_addresses_are_not_public(void **state) {
    (void)state;
    static const char *const addresses[] = {
        "0.0.0.0",         "0.1.2.3",         "10.0.0.1",
        "100.64.0.1",      "100.127.255.255", "169.254.169.254",
        "172.16.0.1",      "172.31.255.255",  "192.0.0.1",
        "192.0.2.1",       "192.88.99.1",     "192.168.0.1",
        "198.18.0.1",      "198.19.255.255",  "198.51.100.1",
        "203.0.113.1",     "224.0.0.1",       "239.255.255.255",
        "240.0.0.1",       "255.255.255.255", "::",
        "::1.1.1.1",       "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::a00:1",  "64:ff9b:1::1",    "100::1",
        "2001::1",         "2001:1ff::1",     "2001:db8::1",
        "2002:101:101::1", "3fff::1",         "4000::1",
        "fc00::1",         "fd12:3456::1",    "fe80::1",
        "fec0::1",         "ff02::1",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++) {
        if (allows(only_public, addresses[i]))
            fail_msg("allowed: %s", addresses[i]);
        assert_false(allows(only_loopback, addresses[i]));
        assert_true(allows(any_address, addresses[i]));
    }
}

static void loopback_is_the_machine_itself(void **state) {
    (void)state;
    static const char *const addresses[] = {"127.0.0.1", "127.255.255.255", "::1",
                                            "::ffff:127.0.0.1"};
    for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++) {
        assert_true(allows(only_loopback, addresses[i]));
        assert_false(allows(only_public, addresses[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(public_stands_for_https),
        UNIT_TEST(development_adds_loopback),
        UNIT_TEST(entries_match_at_boundaries_only),
        UNIT_TEST(any_of_several_entries_is_enough),
        UNIT_TEST(a_refusal_names_origin_and_option),
        UNIT_TEST(what_is_not_a_web_url_is_wrong),
        UNIT_TEST(wrong_entries_are_named),
        UNIT_TEST(addresses_of_the_internet_are_public),
        UNIT_TEST(special_addresses_are_not_public),
        UNIT_TEST(loopback_is_the_machine_itself),
    };
    return UNIT_RUN(tests);
}
