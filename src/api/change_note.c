/* What the log says of changes of an app's dynamic modules. */
#include "api/change_note.h"

#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/log.h"

/* The first items of a list, for the note of a response. */
struct note {
    struct buffer text;
    size_t items;
};

static void begin_note(struct note *note, const char *text) {
    *note = (struct note){0};
    buffer_init(&note->text, LIMIT_LOG_LINE);
    buffer_add_text(&note->text, text);
}

/* Adds an item unless there are `most` already. */
static void add_item(struct note *note, size_t most, const char *item) {
    static const char *const separators[] = {": ", "; "};
    if (note->items++ >= most)
        return;
    buffer_add_text(&note->text, separators[note->items > 1]);
    buffer_add_escaped(&note->text, item, strlen(item), LIMIT_ECHO);
}

static void end_note(struct note *note, size_t most, struct exchange *exchange) {
    if (note->items > most)
        buffer_add_format(&note->text, "; and %zu more", note->items - most);
    exchange->response->note = buffer_to_arena(&note->text, exchange->request->arena);
}

static const char *count_text(struct arena *arena, const char *verb, size_t count,
                              const char *noun) {
    return arena_format(arena, "%s %zu %s%s", verb, count, noun, count == 1 ? "" : "s");
}

void change_note_added(struct exchange *exchange, const struct module_list *list) {
    struct note note;
    if (!log_shows(LOG_LEVEL_INFO))
        return;
    begin_note(&note, count_text(exchange->request->arena, "registered", list->count, "module"));
    for (size_t i = 0; i < list->count; i++)
        add_item(&note, LIMIT_LOG_ITEMS, list->items[i].key);
    end_note(&note, LIMIT_LOG_ITEMS, exchange);
}

static void add_keys(struct note *note, const struct app_texts *keys) {
    for (size_t i = 0; i < keys->count; i++)
        add_item(note, LIMIT_LOG_ITEMS, keys->list[i]);
}

void change_note_replaced(struct exchange *exchange, const struct store_change *change) {
    struct note note;
    if (!log_shows(LOG_LEVEL_INFO))
        return;
    begin_note(&note,
               arena_format(exchange->request->arena,
                            "replaced modules: %zu added, %zu updated, %zu removed",
                            change->added.count, change->updated.count, change->removed.count));
    add_keys(&note, &change->added);
    add_keys(&note, &change->updated);
    add_keys(&note, &change->removed);
    end_note(&note, LIMIT_LOG_ITEMS, exchange);
}

void change_note_problems(struct exchange *exchange, const struct problem_list *problems) {
    struct arena *arena = exchange->request->arena;
    struct note note;
    if (!log_shows(LOG_LEVEL_WARNING))
        return;
    begin_note(&note,
               count_text(arena,
                          problems->replaces ? "replaced nothing for" : "registered nothing for",
                          problems->errors, "reason"));
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].severity == PROBLEM_ERROR)
            add_item(&note, LIMIT_LOG_PROBLEMS, problem_describe(arena, &problems->items[i]));
    note.items += problems->more;
    end_note(&note, LIMIT_LOG_PROBLEMS, exchange);
}

void change_note_removed(struct exchange *exchange, size_t removed, const struct app_texts *keys) {
    struct note note;
    if (!log_shows(LOG_LEVEL_INFO))
        return;
    begin_note(&note, count_text(exchange->request->arena, "removed", removed, "module"));
    if (keys == NULL)
        add_item(&note, 1, "all");
    else
        add_keys(&note, keys);
    end_note(&note, LIMIT_LOG_ITEMS, exchange);
}
