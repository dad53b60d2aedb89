/* What the unit tests share. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int unit_set_up(void **state) {
    *state = arena_new();
    return 0;
}

int unit_tear_down(void **state) {
    arena_free(*state);
    return 0;
}

void unit_assert_contains(const char *text, const char *part, const char *file, int line) {
    if (text != NULL && strstr(text, part) != NULL)
        return;
    print_error("\"%s\" does not contain \"%s\"\n", text == NULL ? "(NULL)" : text, part);
    _fail(file, line);
}

char *unit_repeat(struct arena *arena, const char *text, size_t count) {
    size_t length = strlen(text);
    char *repeated = arena_alloc(arena, length * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(repeated + i * length, text, length);
    return repeated;
}

static void remove_file(void *path) {
    remove(path);
}

void unit_remove_file(struct arena *arena, char *path) {
    arena_keep(arena, remove_file, path);
}

char *unit_file(struct arena *arena) {
    const char *directory = getenv("TMPDIR");
    char *path =
        arena_format(arena, "%s/dynmod-unit-XXXXXX", directory == NULL ? "/tmp" : directory);
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    unit_remove_file(arena, path);
    return path;
}

char *unit_quoted(struct arena *arena, const char *text) {
    char *quoted = arena_text(arena, text);
    for (char *at = quoted; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    return quoted;
}

struct json_object *unit_json(struct arena *arena, const char *text) {
    struct json_object *value = NULL;
    struct fault fault = {0};
    const char *quoted = unit_quoted(arena, text);
    if (!json_parse(arena, quoted, strlen(quoted), &value, &fault))
        fail_msg("%s: %s", text, fault.text);
    return value;
}

struct json_object *unit_json_file(struct arena *arena, const char *path) {
    struct json_object *value = json_object_from_file(path);
    if (value == NULL)
        fail_msg("%s", json_util_get_last_err());
    return json_keep(arena, value);
}
