/* Request targets and percent-encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "http/uri.h"

static int set_up(void **state) {
    *state = arena_new();
    return 0;
}

static int tear_down(void **state) {
    arena_free(*state);
    return 0;
}

static void test_unreserved(void **state) {
    (void)state;
    static const char unreserved[] =
        "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
    size_t found = 0;
    for (int byte = 0; byte < 256; byte++)
        if (uri_is_unreserved((char)byte)) {
            assert_non_null(strchr(unreserved, byte));
            assert_int_not_equal(byte, 0);
            found++;
        }
    assert_int_equal(found, sizeof unreserved - 1);
}

static void test_encode(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *encoded;
    } cases[] = {
        {"", 0, ""},
        {"A-z_0.9~", 8, "A-z_0.9~"},
        {"a b+c*!'()", 10, "a%20b%2Bc%2A%21%27%28%29"},
        {"\xc3\xa9/\xff", 4, "%C3%A9%2F%FF"},
        {"a\0b", 3, "a%00b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer out;
        buffer_init(&out, 100);
        uri_encode(&out, cases[i].bytes, cases[i].length);
        assert_string_equal(buffer_text(&out), cases[i].encoded);
        buffer_free(&out);
    }
}

static void test_decode(void **state) {
    static const struct {
        const char *text;
        const char *decoded;
        size_t length;
    } cases[] = {
        {"", "", 0},        {"a+b", "a+b", 3},   {"%41%7e%7E", "A~~", 3}, {"%c3%A9", "\xc3\xa9", 2},
        {"%00x", "\0x", 2}, {"%2541", "%41", 3}, /* once, not twice */
        {"%ff", "\xff", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = 99;
        char *decoded = uri_decode(*state, cases[i].text, strlen(cases[i].text), &length);
        assert_non_null(decoded);
        assert_int_equal(length, cases[i].length);
        assert_memory_equal(decoded, cases[i].decoded, length + 1);
    }
}

static void test_decode_refuses_bad_escapes(void **state) {
    static const char *const bad[] = {"%", "a%", "%4", "%zz", "%4g", "%g4", "%%41", "% 1", "%-1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t length;
        assert_null(uri_decode(*state, bad[i], strlen(bad[i]), &length));
        assert_null(uri_decode_query(*state, bad[i], strlen(bad[i]), &length));
    }
    /* the length counts, not the NUL behind it */
    size_t length;
    assert_null(uri_decode(*state, "%41", 2, &length));
}

static void test_decode_query(void **state) {
    size_t length = 0;
    char *decoded = uri_decode_query(*state, "a+b%2Bc%20", 10, &length);
    assert_string_equal(decoded, "a b+c ");
    assert_int_equal(length, 6);
}

static void test_split_target(void **state) {
    static const struct {
        const char *target, *path, *query;
    } cases[] = {
        {"/a/b", "/a/b", NULL},
        {"/a?", "/a", ""},
        {"/a?b=c?d", "/a", "b=c?d"},
        {"?a=1", "/", "a=1"},
        {"*", "*", NULL},
        {"//host/a", "//host/a", NULL},
        {"http://host/a/b?c=d", "/a/b", "c=d"},
        {"HTTPS://user@host:8443/", "/", NULL},
        {"http://host", "/", NULL},
        {"http://host?a=1", "/", "a=1"},
        {"http:/host/a", "http:/host/a", NULL},
        {"/http://host/a", "/http://host/a", NULL},
        {"/a?b=http://host/c", "/a", "b=http://host/c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct uri_target parts;
        struct fault fault;
        assert_true(uri_split_target(*state, cases[i].target, &parts, &fault));
        assert_string_equal(parts.path, cases[i].path);
        if (cases[i].query == NULL)
            assert_null(parts.query);
        else
            assert_string_equal(parts.query, cases[i].query);
    }
}

static void test_split_target_has_a_limit(void **state) {
    char target[LIMIT_TARGET + 2];
    memset(target, 'a', sizeof target);
    target[0] = '/';
    target[LIMIT_TARGET] = '\0';
    struct uri_target parts;
    struct fault fault;
    assert_true(uri_split_target(*state, target, &parts, &fault));
    assert_int_equal(strlen(parts.path), LIMIT_TARGET);
    target[LIMIT_TARGET] = 'a';
    target[LIMIT_TARGET + 1] = '\0';
    assert_false(uri_split_target(*state, target, &parts, &fault));
    assert_int_equal(fault.kind, FAULT_INPUT);
    assert_non_null(strstr(fault.text, "16384"));
}

static void test_split_path(void **state) {
    static const struct {
        const char *path;
        size_t count;
        const char *segments[4];
    } cases[] = {
        {"/", 1, {""}},
        {"/a", 1, {"a"}},
        {"/a/", 2, {"a", ""}},
        {"/a//b", 3, {"a", "", "b"}},
        {"//", 2, {"", ""}},
        {"/a%20b/%C3%a9/c%2Fd", 3, {"a b", "\xc3\xa9", "c/d"}},
        {"/a+b;c=d/...", 2, {"a+b;c=d", "..."}},
        {"/.a/a./..a/%2541", 4, {".a", "a.", "..a", "%41"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct uri_path parts;
        assert_true(uri_split_path(*state, cases[i].path, &parts));
        assert_int_equal(parts.count, cases[i].count);
        for (size_t s = 0; s < parts.count; s++)
            assert_string_equal(parts.segments[s], cases[i].segments[s]);
    }
}

static void test_split_path_refuses(void **state) {
    static const char *const bad[] = {
        "",
        "a",
        "*",
        "/%",
        "/%zz",
        "/a%2",
        "/a%00b",
        "/a%0ab",
        "/a\nb",
        "/%7f",
        "/%1F",
        "/.",
        "/..",
        "/a/../b",
        "/a/./b",
        "/%2e",
        "/%2E%2e/b",
        "/.%2e",
        "/%ff",
        "/a\xff/b",
        "/%ed%a0%80",
        "/%c0%af",
        "/%f4%90%80%80",
        "/a/%e2%82",
        "/a/..",
        "/../a",
        "/a/%2e.",
        "/%e2/%82%ac" /* not across segments */,
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct uri_path parts;
        if (uri_split_path(*state, bad[i], &parts))
            fail_msg("accepted: %s", bad[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unreserved),
        cmocka_unit_test(test_encode),
        cmocka_unit_test_setup_teardown(test_decode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_decode_refuses_bad_escapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_decode_query, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_split_target, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_split_target_has_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_split_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_split_path_refuses, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
