/* What the tool prints: aligned columns for people, JSON for programs. */
#include "ctl/output.h"

#include <stdarg.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "json/json.h"

static void print_json(struct json_object *value) {
    puts(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                   JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void add_cell(struct buffer *cell, struct json_object *value) {
    const char *text = json_object_get_string(value);
    if (text != NULL)
        buffer_add_escaped(cell, text, strlen(text), LIMIT_MESSAGE);
}

/* The value for people, escaped since apps choose names: an array of texts as a list, a boolean as
 * yes or no. Owned by the arena. */
static const char *cell_text(const struct invocation *invocation, struct json_object *value) {
    struct buffer cell;
    buffer_init(&cell, LIMIT_MESSAGE);
    if (json_object_is_type(value, json_type_boolean)) {
        buffer_add_text(&cell, json_object_get_boolean(value) ? "yes" : "no");
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            buffer_add_text(&cell, i == 0 ? "" : ", ");
            add_cell(&cell, json_object_array_get_idx(value, i));
        }
    } else {
        add_cell(&cell, value);
    }
    return buffer_to_arena(&cell, invocation->arena);
}

static size_t width_of(const char *text) {
    return utf8_count(text, strlen(text));
}

/* Prints a cell, padded unless it is the last of its line. */
static void print_cell(const char *text, size_t width, bool last) {
    size_t present = width_of(text);
    fputs(text, stdout);
    if (last)
        putchar('\n');
    else
        printf("%*s", (int)(width > present ? width - present : 0) + 2, "");
}

/* Makes widths[i] what column i needs for these rows, unless it is more already. */
static void widen(const struct invocation *invocation, struct json_object *rows,
                  const struct output_column *columns, size_t *widths) {
    for (size_t row = 0; row < json_object_array_length(rows); row++)
        for (size_t i = 0; columns[i].title != NULL; i++) {
            struct json_object *value =
                json_member(json_object_array_get_idx(rows, row), columns[i].member);
            size_t present = width_of(cell_text(invocation, value));
            widths[i] = present > widths[i] ? present : widths[i];
        }
}

static void print_rows(const struct invocation *invocation, struct json_object *rows,
                       const struct output_column *columns, const size_t *widths) {
    for (size_t row = 0; row < json_object_array_length(rows); row++)
        for (size_t i = 0; columns[i].title != NULL; i++)
            print_cell(cell_text(invocation, json_member(json_object_array_get_idx(rows, row),
                                                         columns[i].member)),
                       widths[i], columns[i + 1].title == NULL);
}

size_t *output_widths(const struct invocation *invocation, const struct output_column *columns) {
    size_t count = 0;
    while (columns[count].title != NULL)
        count++;
    size_t *widths = arena_alloc(invocation->arena, count * sizeof *widths);
    for (size_t i = 0; i < count; i++)
        widths[i] = width_of(columns[i].title);
    return widths;
}

void output_more(const struct invocation *invocation, struct json_object *rows,
                 const struct output_column *columns, size_t *widths) {
    if (invocation_has(invocation, OPTION_JSON)) {
        for (size_t row = 0; row < json_object_array_length(rows); row++)
            puts(json_text(json_object_array_get_idx(rows, row)));
        return;
    }
    widen(invocation, rows, columns, widths);
    print_rows(invocation, rows, columns, widths);
}

void output_list(const struct invocation *invocation, struct json_object *rows,
                 const struct output_column *columns) {
    if (invocation_has(invocation, OPTION_JSON)) {
        print_json(rows);
        return;
    }
    size_t *widths = output_widths(invocation, columns);
    widen(invocation, rows, columns, widths);
    for (size_t i = 0; columns[i].title != NULL; i++)
        print_cell(columns[i].title, widths[i], columns[i + 1].title == NULL);
    print_rows(invocation, rows, columns, widths);
}

void output_object(const struct invocation *invocation, struct json_object *object,
                   const struct output_column *columns) {
    if (invocation_has(invocation, OPTION_JSON)) {
        print_json(object);
        return;
    }
    size_t width = 0;
    for (size_t i = 0; columns[i].title != NULL; i++)
        if (width_of(columns[i].title) > width)
            width = width_of(columns[i].title);
    for (size_t i = 0; columns[i].title != NULL; i++) {
        struct json_object *value;
        if (!json_object_object_get_ex(object, columns[i].member, &value) || value == NULL)
            continue;
        if (json_object_is_type(value, json_type_object)) {
            print_cell(columns[i].title, 0, true);
            print_json(value);
            continue;
        }
        print_cell(columns[i].title, width, false);
        print_cell(cell_text(invocation, value), 0, true);
    }
}

void output_done(const struct invocation *invocation, struct json_object *object,
                 const char *format, ...) {
    if (invocation_has(invocation, OPTION_JSON)) {
        print_json(object);
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void output_problems(const struct problem_list *problems, FILE *out) {
    for (size_t i = 0; i < problems->count; i++)
        fprintf(out, "%s: %s\n", problem_severity_name(problems->items[i].severity),
                problem_describe(problems->arena, &problems->items[i]));
    if (problems->more > 0)
        fprintf(out, "and %zu more\n", problems->more);
}

struct json_object *output_problem_list(const struct problem_list *problems) {
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        struct json_object *item = json_object_new_object();
        json_set_text(item, "severity", problem_severity_name(problem->severity));
        json_set_text(item, "pointer", problem->pointer);
        json_set_text(item, "rule", problem->rule);
        json_set_text(item, "text", problem->text);
        json_object_array_add(list, item);
    }
    return list;
}

void output_fault(const struct invocation *invocation, const struct fault *fault) {
    static const char *const kinds[] = {
        [FAULT_INPUT] = "input",         [FAULT_REFUSED] = "refused",
        [FAULT_NOT_FOUND] = "not_found", [FAULT_CONFLICT] = "conflict",
        [FAULT_BUSY] = "busy",           [FAULT_UNAVAILABLE] = "unavailable",
        [FAULT_UNKNOWN] = "unknown",     [FAULT_INTERNAL] = "internal",
    };
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    struct json_object *error = json_object_new_object();
    json_object_object_add(answer, "error", error);
    json_set_text(error, "kind", invocation->misused ? "usage" : kinds[fault->kind]);
    json_set_text(error, "text", fault->text);
    if (invocation->problems != NULL && invocation->problems->count > 0)
        json_object_object_add(error, "problems", output_problem_list(invocation->problems));
    print_json(answer);
}
