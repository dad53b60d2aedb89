/* What the unit tests share: cmocka after the headers that it needs, and helpers that fail the test
 * instead of returning a fault. */
#ifndef DYNMOD_TESTS_UNIT_UNIT_H
#define DYNMOD_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "json/json.h"

/* How many elements an array has; not for pointers. */
#define ARRAY_LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* The test `name`, which finds an arena of its own in *state. */
#define UNIT_TEST(name) UNIT_TEST_WITH(unit_set_up, name)
/* The same after set_up(), which calls unit_set_up() and may hand more to the arena. */
#define UNIT_TEST_WITH(set_up, name) cmocka_unit_test_setup_teardown(name, set_up, unit_tear_down)

/* Runs the array `tests`; returns how many failed, which is what main() returns. */
#define UNIT_RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

/* Put a new arena into *state, and free it; return 0. */
int unit_set_up(void **state);
int unit_tear_down(void **state);

/* Fails unless the text `part` occurs in `text`, which may be NULL and then contains nothing. */
#define assert_contains(text, part) unit_assert_contains(text, part, __FILE__, __LINE__)
void unit_assert_contains(const char *text, const char *part, const char *file, int line);

/* A text that is `text` `count` times; owned by the arena. */
char *unit_repeat(struct arena *arena, const char *text, size_t count);

/* The path of a new, empty file below TMPDIR, owned by the arena and removed with it. */
char *unit_file(struct arena *arena);
/* Has the file removed with the arena, if there is one then; the arena owns the path. */
void unit_remove_file(struct arena *arena, char *path);

/* A copy of `text` with double quotes for single ones, in which JSON within C is easier to read;
 * owned by the arena. */
char *unit_quoted(struct arena *arena, const char *text);

/* The value of the JSON `text`, quoted as by unit_quoted(), or of the JSON file at `path`; owned by
 * the arena. */
struct json_object *unit_json(struct arena *arena, const char *text);
struct json_object *unit_json_file(struct arena *arena, const char *path);

#endif
