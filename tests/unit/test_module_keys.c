/* Keys that queries name, and what of a document has them. */
#include "api/module_keys.h"
#include "unit.h"

static struct app_texts read(struct arena *arena, const char *text) {
    struct query query;
    struct app_texts keys;
    struct fault fault;
    assert_true(query_parse(arena, text, &query, &fault));
    assert_true(module_keys_read(arena, &query, &keys));
    return keys;
}

static void assert_keys(struct arena *arena, const char *query, const char *expected) {
    struct app_texts keys = read(arena, query);
    const char *joined = "";
    for (size_t i = 0; i < keys.count; i++)
        joined = arena_format(arena, "%s%s ", joined, keys.list[i]);
    assert_string_equal(joined, expected);
}

static void keys_are_repeated_or_separated_by_commas(void **state) {
    assert_keys(*state, "moduleKey=b&x=y&moduleKey=a", "b a ");
    assert_keys(*state, "moduleKey=b,a%2Cc&jwt=d", "b a c ");
    assert_keys(*state, "moduleKey=,a,,b,", "a b ");
    assert_keys(*state, "moduleKey=a%00,b_c,d%20,e", "e ");
    assert_keys(*state, "moduleKey=", "");
    assert_keys(*state, "moduleKey", "");
}

static void other_parameters_name_none(void **state) {
    struct query query;
    struct app_texts keys;
    struct fault fault;
    assert_true(query_parse(*state, "modulekey=a&moduleKeys=b&jwt=c", &query, &fault));
    assert_false(module_keys_read(*state, &query, &keys));
    assert_true(query_parse(*state, NULL, &query, &fault));
    assert_false(module_keys_read(*state, &query, &keys));
}

static const char document[] =
    "{\"webPanels\":[{\"a\": [{\"key\": \"no\"}], \"key\": \"p-1\", \"x\": \"\\\"key\\\": "
    "\\\\\"},{\"key\": \"p-10\", \"url\": \"/}],[{\"}],"
    "\"jiraSearch\":{\"key\": \"s\", \"n\": 1.50},\"more\":[{\"key\": \"p\"}]}";

static void assert_filtered(struct arena *arena, const char *query, const char *expected) {
    struct app_texts keys = read(arena, query);
    assert_string_equal(module_keys_filter(arena, document, &keys), expected);
}

static void modules_with_the_keys_stay_as_they_are(void **state) {
    assert_filtered(*state, "moduleKey=more", "{}");
    assert_filtered(*state, "moduleKey=no", "{}");
    assert_filtered(*state, "moduleKey=", "{}");
    assert_filtered(*state, "moduleKey=p-100,p-,P-1", "{}");
    assert_filtered(*state, "moduleKey=p-10",
                    "{\"webPanels\":[{\"key\": \"p-10\", \"url\": \"/}],[{\"}]}");
    assert_filtered(*state, "moduleKey=x&moduleKey=s&moduleKey=p",
                    "{\"jiraSearch\":{\"key\": \"s\", \"n\": 1.50},\"more\":[{\"key\": \"p\"}]}");
    assert_filtered(*state, "moduleKey=s,p-10,z,p,a,p-1,p", document);
}

static void an_empty_document_stays_empty(void **state) {
    struct app_texts keys = read(*state, "moduleKey=a");
    assert_string_equal(module_keys_filter(*state, "{}", &keys), "{}");
}

/* As long as nothing is read beyond their ends. */
static void broken_documents_do_no_harm(void **state) {
    for (size_t length = 0; length < sizeof document; length++) {
        struct app_texts keys = read(*state, "moduleKey=s,p-10,p-1");
        const char *part = arena_copy(*state, document, length);
        const char *filtered = module_keys_filter(*state, part, &keys);
        assert_true(strlen(filtered) <= length + 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(keys_are_repeated_or_separated_by_commas),
        UNIT_TEST(other_parameters_name_none),
        UNIT_TEST(modules_with_the_keys_stay_as_they_are),
        UNIT_TEST(an_empty_document_stays_empty),
        UNIT_TEST(broken_documents_do_no_harm),
    };
    return UNIT_RUN(tests);
}
