/* The apps that a process keeps. */
#include <string.h>

#include "host/known_apps.h"
#include "unit.h"

static struct known_apps known;

static void clear(void *kept) {
    known_apps_clear(kept);
}

static int set_up(void **state) {
    unit_set_up(state);
    known = (struct known_apps){.next = 0};
    arena_keep(*state, clear, &known);
    return 0;
}

static void keep(const char *site, const char *key, const char *version, const char *document) {
    const struct app app = {.key = key,
                            .id = "7",
                            .version = version,
                            .standing = version == NULL ? NULL : "standing",
                            .site = "name",
                            .context_path = "/jira",
                            .state = "enabled",
                            .shared_secret = "secret",
                            .revision = "17",
                            .document = document};
    known_apps_keep(&known, site, &app);
}

static bool is_known(const char *site, const char *key) {
    return known_apps_find(&known, site, key) != NULL;
}

static void assert_known(const char *site, const char *key, const char *version,
                         const char *document) {
    const struct app *app = known_apps_find(&known, site, key);
    assert_non_null(app);
    assert_string_equal(app->key, key);
    assert_string_equal(app->id, "7");
    assert_string_equal(app->version, version);
    assert_string_equal(app->site, "name");
    assert_string_equal(app->context_path, "/jira");
    assert_string_equal(app->state, "enabled");
    assert_string_equal(app->shared_secret, "secret");
    assert_null(app->former_secret);
    assert_string_equal(app->revision, "17");
    assert_string_equal(app->document, document);
}

static void each_app_of_a_site_is_another(void **state) {
    (void)state;
    assert_false(is_known("//a", "one"));
    keep("//a", "one", "1", "{}");
    keep("//b", "one", "2", "{\"b\":[]}");
    keep("//a", "two", "3", "{\"c\":[]}");
    assert_known("//a", "one", "1", "{}");
    assert_known("//b", "one", "2", "{\"b\":[]}");
    assert_known("//a", "two", "3", "{\"c\":[]}");
    assert_false(is_known("//b", "two"));
    known_apps_clear(&known);
    assert_false(is_known("//a", "one"));
}

static void the_last_version_counts(void **state) {
    (void)state;
    keep("//a", "one", "1", "{}");
    keep("//a", "one", "2", "{\"b\":[]}");
    assert_known("//a", "one", "2", "{\"b\":[]}");
}

static void without_a_standing_nothing_is_kept(void **state) {
    (void)state;
    keep("//a", "one", NULL, "{}");
    assert_false(is_known("//a", "one"));
    keep("//a", "one", "1", "{}");
    keep("//a", "one", NULL, "{}");
    assert_false(is_known("//a", "one"));
}

static void what_was_found_for_other_requests_is_kept_too(void **state) {
    (void)state;
    const struct app_texts scopes = {(const char *[]){"READ", "ADMIN"}, 2};
    struct app app = {.key = "one", .standing = "standing", .scopes = scopes, .module_limit = 9};
    keep("//a", "one", "1", "{}");
    assert_null(known_apps_find(&known, "//a", "one")->scopes.list);
    known_apps_keep(&known, "//a", &app);
    const struct app *both = known_apps_find(&known, "//a", "one");
    assert_string_equal(both->version, "1");
    assert_string_equal(both->document, "{}");
    assert_string_equal(both->scopes.list[1], "ADMIN");
    keep("//a", "one", "2", "{\"b\":[]}");
    both = known_apps_find(&known, "//a", "one");
    assert_string_equal(both->version, "2");
    assert_int_equal(both->scopes.count, 2);
    assert_string_equal(both->scopes.list[0], "READ");
    assert_int_equal(both->module_limit, 9);
}

static void of_another_standing_nothing_is_kept(void **state) {
    (void)state;
    struct app app = {.key = "one", .standing = "another"};
    keep("//a", "one", "1", "{}");
    known_apps_keep(&known, "//a", &app);
    assert_null(known_apps_find(&known, "//a", "one")->version);
    assert_null(known_apps_find(&known, "//a", "one")->document);
}

static void large_documents_are_not_kept(void **state) {
    const char *most = unit_repeat(*state, "x", LIMIT_KNOWN_DOCUMENT);
    keep("//a", "most", "1", most);
    assert_known("//a", "most", "1", most);
    keep("//a", "more", "1", unit_repeat(*state, "x", LIMIT_KNOWN_DOCUMENT + 1));
    assert_true(is_known("//a", "more"));
    assert_null(known_apps_find(&known, "//a", "more")->document);
    keep("//a", "none", "1", NULL);
    assert_null(known_apps_find(&known, "//a", "none")->document);
}

static void the_oldest_ones_give_way(void **state) {
    for (int i = 0; i <= LIMIT_KNOWN_APPS; i++)
        keep("//a", arena_format(*state, "app-%d", i), "1", "{}");
    assert_false(is_known("//a", "app-0"));
    for (int i = 1; i <= LIMIT_KNOWN_APPS; i++)
        assert_true(is_known("//a", arena_format(*state, "app-%d", i)));
    keep("//a", "app-2", "2", "{}"); /* which has a place already */
    assert_true(is_known("//a", "app-1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST_WITH(set_up, each_app_of_a_site_is_another),
        UNIT_TEST_WITH(set_up, the_last_version_counts),
        UNIT_TEST_WITH(set_up, without_a_standing_nothing_is_kept),
        UNIT_TEST_WITH(set_up, what_was_found_for_other_requests_is_kept_too),
        UNIT_TEST_WITH(set_up, of_another_standing_nothing_is_kept),
        UNIT_TEST_WITH(set_up, large_documents_are_not_kept),
        UNIT_TEST_WITH(set_up, the_oldest_ones_give_way),
    };
    return UNIT_RUN(tests);
}
