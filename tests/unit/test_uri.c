/* Request targets. */
#include "base/limits.h"
#include "http/uri.h"
#include "unit.h"

static void targets_are_split_at_the_query(void **state) {
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
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
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

static void targets_have_a_longest_length(void **state) {
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
    assert_contains(fault.text, "16384");
}

static void paths_are_split_into_decoded_segments(void **state) {
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
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct uri_path parts;
        assert_true(uri_split_path(*state, cases[i].path, &parts));
        assert_int_equal(parts.count, cases[i].count);
        for (size_t s = 0; s < parts.count; s++)
            assert_string_equal(parts.segments[s], cases[i].segments[s]);
    }
}

static void unsafe_paths_are_refused(void **state) {
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
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct uri_path parts;
        if (uri_split_path(*state, bad[i], &parts))
            fail_msg("accepted: %s", bad[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(targets_are_split_at_the_query),
        UNIT_TEST(targets_have_a_longest_length),
        UNIT_TEST(paths_are_split_into_decoded_segments),
        UNIT_TEST(unsafe_paths_are_refused),
    };
    return UNIT_RUN(tests);
}
