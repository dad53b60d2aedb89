/* The answers to GET that a process keeps. */
#include <string.h>

#include "host/documents.h"
#include "unit.h"

static struct documents documents;

static void clear(void *kept) {
    documents_clear(kept);
}

static int set_up(void **state) {
    unit_set_up(state);
    documents = (struct documents){.next = 0};
    arena_keep(*state, clear, &documents);
    return 0;
}

static void keep(const char *site, const char *key, const char *revision, const char *text) {
    const struct app app = {.key = key, .revision = revision, .document = text};
    documents_keep(&documents, site, &app);
}

static void assert_kept(const char *site, const char *key, const char *revision, const char *text) {
    const struct document *found = documents_find(&documents, site, key);
    assert_non_null(found);
    assert_string_equal(found->revision, revision);
    assert_string_equal(found->text, text);
}

static void each_app_of_a_site_has_its_own(void **state) {
    (void)state;
    assert_null(documents_find(&documents, "//a", "one"));
    keep("//a", "one", "1", "{}");
    keep("//b", "one", "2", "{\"b\":[]}");
    keep("//a", "two", "3", "{\"c\":[]}");
    assert_kept("//a", "one", "1", "{}");
    assert_kept("//b", "one", "2", "{\"b\":[]}");
    assert_kept("//a", "two", "3", "{\"c\":[]}");
    assert_null(documents_find(&documents, "//b", "two"));
    documents_clear(&documents);
    assert_null(documents_find(&documents, "//a", "one"));
}

static void the_last_one_counts(void **state) {
    keep("//a", "one", "1", "{}");
    keep("//a", "one", "2", "{\"b\":[]}");
    assert_kept("//a", "one", "2", "{\"b\":[]}");
    keep("//a", "one", "3", unit_repeat(*state, "x", LIMIT_DOCUMENT + 1));
    assert_null(documents_find(&documents, "//a", "one"));
}

static void large_ones_are_not_kept(void **state) {
    keep("//a", "most", "1", unit_repeat(*state, "x", LIMIT_DOCUMENT));
    assert_non_null(documents_find(&documents, "//a", "most"));
    keep("//a", "more", "2", unit_repeat(*state, "x", LIMIT_DOCUMENT + 1));
    assert_null(documents_find(&documents, "//a", "more"));
}

static void the_oldest_ones_give_way(void **state) {
    for (int i = 0; i <= LIMIT_DOCUMENTS; i++)
        keep("//a", arena_format(*state, "app-%d", i), "1", "{}");
    assert_null(documents_find(&documents, "//a", "app-0"));
    for (int i = 1; i <= LIMIT_DOCUMENTS; i++)
        assert_non_null(documents_find(&documents, "//a", arena_format(*state, "app-%d", i)));
    keep("//a", "app-2", "2", "{}"); /* which has a place already */
    assert_non_null(documents_find(&documents, "//a", "app-1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST_WITH(set_up, each_app_of_a_site_has_its_own),
        UNIT_TEST_WITH(set_up, the_last_one_counts),
        UNIT_TEST_WITH(set_up, large_ones_are_not_kept),
        UNIT_TEST_WITH(set_up, the_oldest_ones_give_way),
    };
    return UNIT_RUN(tests);
}
