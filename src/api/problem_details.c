/* What is wrong with modules that were sent, for programs to read (RFC 9457). */
#include "api/problem_details.h"

#include <string.h>

#include "base/limits.h"
#include "host/registration.h"
#include "json/json.h"

static void add_member(struct buffer *text, const char *start, const char *value) {
    buffer_add_text(text, start);
    json_add_string(text, value, strlen(value));
}

static void add_item(struct buffer *text, const struct problem *problem) {
    add_member(text, "{\"pointer\":", problem->pointer);
    add_member(text, ",\"rule\":", problem->rule);
    add_member(text, ",\"text\":", problem->text);
    add_member(text, ",\"severity\":", problem_severity_name(problem->severity));
    buffer_add_byte(text, '}');
}

/* Adds the problems of this severity; returns how many there was no room for. */
static size_t add_items(struct buffer *text, const struct problem_list *problems,
                        enum problem_severity severity) {
    size_t left_out = 0;
    for (size_t i = 0; i < problems->count; i++) {
        struct buffer item;
        if (problems->items[i].severity != severity)
            continue;
        buffer_init(&item, LIMIT_MESSAGE);
        add_item(&item, &problems->items[i]);
        if (item.overflow || text->length + item.length >= LIMIT_MESSAGE) {
            left_out++;
        } else {
            buffer_add_text(text, text->length == 0 ? "" : ",");
            buffer_add(text, buffer_text(&item), item.length);
        }
        buffer_free(&item);
    }
    return left_out;
}

static const char *members(const struct problem_list *problems) {
    struct buffer items;
    buffer_init(&items, LIMIT_MESSAGE);
    size_t more = problems->more + problems->more_warnings;
    more += add_items(&items, problems, PROBLEM_ERROR);
    more += add_items(&items, problems, PROBLEM_WARNING);
    const char *list = buffer_to_arena(&items, problems->arena);
    return more == 0 ? arena_format(problems->arena, ",\"problems\":[%s]", list)
                     : arena_format(problems->arena, ",\"problems\":[%s],\"more\":%zu", list, more);
}

void problem_details_answer(struct response *response, const struct problem_list *problems) {
    response_problem(response, 400, registration_message(problems),
                     response_wants_problem(response) ? members(problems) : "");
}
