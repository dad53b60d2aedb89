/* Everything that is wrong with a request, each problem with its place. */
#include "connect/problem.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "json/json_pointer.h"

static void free_items(void *list) {
    free(((struct problem_list *)list)->items);
}

struct problem_list *problem_list_new(struct arena *arena) {
    struct problem_list *list = arena_alloc(arena, sizeof *list);
    list->arena = arena;
    arena_keep(arena, free_items, list);
    return list;
}

void problem_list_treat_as_error(struct problem_list *list, const char *rule) {
    list->strict_rule = rule;
}

static size_t listed_errors(const struct problem_list *list) {
    return list->errors - list->more;
}

size_t problem_list_room(const struct problem_list *list) {
    return LIMIT_PROBLEMS - listed_errors(list);
}

void problem_add(struct problem_list *list, enum problem_severity severity, const char *pointer,
                 const char *rule, const char *format, ...) {
    if (list->strict_rule != NULL && strcmp(rule, list->strict_rule) == 0)
        severity = PROBLEM_ERROR;
    if (severity == PROBLEM_ERROR && problem_list_room(list) == 0) {
        problem_count_more(list, 1);
        return;
    }
    if (severity == PROBLEM_WARNING && list->count - listed_errors(list) == LIMIT_WARNINGS) {
        list->more_warnings++;
        return;
    }
    list->errors += severity == PROBLEM_ERROR;
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_format_list(list->arena, format, arguments);
    va_end(arguments);
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        list->items = memory_resize(list->items, list->capacity * sizeof *list->items);
    }
    list->items[list->count++] = (struct problem){
        .severity = severity,
        .pointer = arena_text(list->arena, pointer),
        .rule = rule,
        .text = text,
    };
}

void problem_count_more(struct problem_list *list, size_t count) {
    list->errors += count;
    list->more += count;
}

/* Compares pointers step by step, and whole numbers by value, so that array elements stay in order.
 */
static int compare_pointers(const char *one, const char *other) {
    while (*one != '\0' && *other != '\0') {
        size_t one_length = strcspn(one + 1, "/") + 1;
        size_t other_length = strcspn(other + 1, "/") + 1;
        bool numbers = strspn(one + 1, "0123456789") == one_length - 1 &&
                       strspn(other + 1, "0123456789") == other_length - 1;
        if (numbers && one_length != other_length)
            return one_length < other_length ? -1 : 1;
        int order = strncmp(one, other, one_length < other_length ? one_length : other_length);
        if (order != 0 || one_length != other_length)
            return order != 0 ? order : one_length < other_length ? -1 : 1;
        one += one_length;
        other += other_length;
    }
    return (*one != '\0') - (*other != '\0');
}

static int compare_problems(const void *one, const void *other) {
    const struct problem *a = one, *b = other;
    int order = compare_pointers(a->pointer, b->pointer);
    return order != 0 ? order : strcmp(a->text, b->text);
}

void problem_list_sort(struct problem_list *list) {
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_problems);
}

const char *problem_severity_name(enum problem_severity severity) {
    return severity == PROBLEM_ERROR ? "error" : "warning";
}

const char *problem_describe(struct arena *arena, const struct problem *problem) {
    struct buffer place;
    if (problem->pointer[0] == '\0')
        return problem->text;
    buffer_init(&place, (size_t)LIMIT_ECHO * 4 + 8);
    buffer_add_escaped(&place, problem->pointer, strlen(problem->pointer), LIMIT_ECHO);
    return arena_format(arena, "%s: %s", buffer_to_arena(&place, arena), problem->text);
}

const char *problem_quote(struct arena *arena, const char *text) {
    struct buffer quoted;
    buffer_init(&quoted, (size_t)LIMIT_ECHO * 4 + 8);
    buffer_add_byte(&quoted, '"');
    buffer_add_escaped(&quoted, text, strlen(text), LIMIT_ECHO);
    buffer_add_byte(&quoted, '"');
    return buffer_to_arena(&quoted, arena);
}

const char *problem_pointer(struct arena *arena, const char *parent, const char *step) {
    struct buffer pointer;
    buffer_init(&pointer, strlen(parent) + 2 * strlen(step) + 1);
    buffer_add_text(&pointer, parent);
    json_pointer_add_name(&pointer, step);
    return buffer_to_arena(&pointer, arena);
}

const char *problem_pointer_index(struct arena *arena, const char *parent, size_t index) {
    return arena_format(arena, "%s/%zu", parent, index);
}
