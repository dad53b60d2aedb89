/* What all parts of an import of a site share. */
#include "host/import.h"

#include <stdarg.h>

void import_problem(const struct import *import, long line, const char *pointer, const char *rule,
                    const char *format, ...) {
    struct arena *arena = arena_new();
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_format_list(arena, format, arguments);
    va_end(arguments);
    const char *place =
        arena_format(arena, "line %ld%s%s", line, pointer[0] == '\0' ? "" : " ", pointer);
    problem_add(import->problems, PROBLEM_ERROR, place, rule, "%s", text);
    arena_free(arena);
}
