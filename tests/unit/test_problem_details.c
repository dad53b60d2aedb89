/* Problems with modules as RFC 9457 has them, and what is left out of them. */
#include "api/problem_details.h"
#include "base/limits.h"
#include "unit.h"

/* The body for a client that wants RFC 9457. */
static struct json_object *answer(struct arena *arena, struct problem_list *problems) {
    struct response response;
    response_init(&response, arena);
    response.accept = "application/problem+json";
    problem_list_sort(problems);
    problem_details_answer(&response, problems);
    response_free(&response);
    return unit_json(arena, response.body);
}

static struct json_object *item(struct json_object *body, size_t index) {
    return json_object_array_get_idx(json_member(body, "problems"), index);
}

static size_t count(struct json_object *body) {
    return json_object_array_length(json_member(body, "problems"));
}

static void errors_come_before_warnings_in_order(void **state) {
    struct problem_list *problems = problem_list_new(*state);
    problem_add(problems, PROBLEM_WARNING, "/a/0", "one", "a warning");
    problem_add(problems, PROBLEM_ERROR, "/a/10", "two", "an error");
    problem_add(problems, PROBLEM_ERROR, "/a/9/\"~1", "three", "a \"first\" error");
    struct json_object *body = answer(*state, problems);
    assert_string_equal(
        json_text(json_member(body, "problems")),
        "[{\"pointer\":\"/a/9/\\\"~1\",\"rule\":\"three\",\"text\":\"a \\\"first\\\" error\","
        "\"severity\":\"error\"},"
        "{\"pointer\":\"/a/10\",\"rule\":\"two\",\"text\":\"an error\",\"severity\":\"error\"},"
        "{\"pointer\":\"/a/0\",\"rule\":\"one\",\"text\":\"a warning\",\"severity\":\"warning\"}]");
    assert_null(json_member(body, "more"));
    assert_string_equal(json_member_text(body, "detail"),
                        "The modules were not registered, for 2 reasons:\n"
                        "/a/9/\"~1: a \"first\" error\n/a/10: an error");
}

static void what_is_beyond_the_limits_is_counted(void **state) {
    struct problem_list *problems = problem_list_new(*state);
    for (int i = 0; i < LIMIT_WARNINGS + 3; i++)
        problem_add(problems, PROBLEM_WARNING, "", "rule", "a warning");
    for (int i = 0; i < LIMIT_PROBLEMS + 5; i++)
        problem_add(problems, PROBLEM_ERROR, "", "rule", "an error");
    struct json_object *body = answer(*state, problems);
    assert_int_equal(count(body), LIMIT_PROBLEMS + LIMIT_WARNINGS);
    assert_int_equal(json_object_get_int(json_member(body, "more")), 8);
}

/* What has no room does not keep others out that have. */
static void what_is_too_long_is_counted(void **state) {
    struct problem_list *problems = problem_list_new(*state);
    const char *half = unit_repeat(*state, "/", LIMIT_MESSAGE / 2);
    problem_add(problems, PROBLEM_ERROR, half, "rule", "a long place");
    problem_add(problems, PROBLEM_ERROR, half, "rule", "a second long place");
    problem_add(problems, PROBLEM_ERROR, unit_repeat(*state, "/", LIMIT_MESSAGE), "rule", "x");
    problem_add(problems, PROBLEM_WARNING, "", "rule", "a warning");
    struct json_object *body = answer(*state, problems);
    assert_int_equal(count(body), 2);
    assert_string_equal(json_member_text(item(body, 0), "text"), "a long place");
    assert_string_equal(json_member_text(item(body, 1), "severity"), "warning");
    assert_int_equal(json_object_get_int(json_member(body, "more")), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(errors_come_before_warnings_in_order),
        UNIT_TEST(what_is_beyond_the_limits_is_counted),
        UNIT_TEST(what_is_too_long_is_counted),
    };
    return UNIT_RUN(tests);
}
