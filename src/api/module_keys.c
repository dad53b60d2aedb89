/* The keys of modules that a query names. */
#include "api/module_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "connect/module_check.h"
#include "json/json_span.h"

static bool names_keys(const struct query_parameter *parameter) {
    return query_is_named(parameter, "moduleKey");
}

/* How many keys the query may name, counting one for each comma. */
static size_t count_keys(const struct query *query) {
    size_t count = 0;
    for (size_t i = 0; i < query->count; i++) {
        const struct query_parameter *parameter = &query->parameters[i];
        if (!names_keys(parameter))
            continue;
        count++;
        for (size_t at = 0; at < parameter->value_length; at++)
            count += parameter->value[at] == ',';
    }
    return count;
}

/* Adds the keys in one parameter; a NUL in it is not its end. */
static void add_keys(struct app_texts *keys, struct arena *arena,
                     const struct query_parameter *parameter) {
    const char *at = parameter->value, *end = at + parameter->value_length;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        size_t length = (size_t)((comma == NULL ? end : comma) - at);
        const char *key = arena_copy(arena, at, length);
        if (strlen(key) == length && module_key_is_valid(key))
            keys->list[keys->count++] = key;
        at += length + 1;
    }
}

bool module_keys_read(struct arena *arena, const struct query *query, struct app_texts *keys) {
    size_t most = count_keys(query);
    *keys = (struct app_texts){0};
    if (most == 0)
        return false;
    keys->list = arena_alloc(arena, most * sizeof *keys->list);
    for (size_t i = 0; i < query->count; i++)
        if (names_keys(&query->parameters[i]))
            add_keys(keys, arena, &query->parameters[i]);
    return true;
}

/* ---- What has these keys in a document ---- */

static int compare_keys(const void *one, const void *other) {
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Whether the string, with its quotes, is one of the sorted keys. */
static bool is_among(const struct app_texts *keys, const struct json_span *text) {
    size_t low = 0, high = keys->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *key = keys->list[middle];
        if (json_span_is_text(text, key, strlen(key)))
            return true;
        if (strncmp(key, text->text + 1, text->length - 2) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool is_wanted(const struct json_span *module, const struct app_texts *keys) {
    const char *at = module->text;
    struct json_span name, value;
    while (json_span_member(&at, &name, &value))
        if (json_span_is_text(&name, "key", sizeof "key" - 1))
            return value.length > 2 && value.text[0] == '"' && is_among(keys, &value);
    return false;
}

static void add_span(struct buffer *out, const char *before, const struct json_span *span) {
    buffer_add_text(out, before);
    buffer_add(out, span->text, span->length);
}

/* Adds the type with those of its modules that are wanted, if there are any. */
static void add_type(struct buffer *out, const struct json_span *name,
                     const struct json_span *modules, const struct app_texts *keys) {
    const char *before = out->length > 1 ? "," : "", *at = modules->text;
    struct json_span module;
    size_t count = 0;
    if (modules->text[0] == '{' && is_wanted(modules, keys)) {
        add_span(out, before, name);
        add_span(out, ":", modules);
    }
    while (modules->text[0] == '[' && json_span_element(&at, &module)) {
        if (!is_wanted(&module, keys))
            continue;
        if (count == 0)
            add_span(out, before, name);
        add_span(out, count++ == 0 ? ":[" : ",", &module);
    }
    buffer_add_text(out, count > 0 ? "]" : "");
}

const char *module_keys_filter(struct arena *arena, const char *document, struct app_texts *keys) {
    struct buffer out;
    const char *at = document;
    struct json_span name, modules;
    if (keys->count > 1)
        qsort(keys->list, keys->count, sizeof *keys->list, compare_keys);
    buffer_init(&out, strlen(document) + sizeof "{}");
    buffer_add_byte(&out, '{');
    while (json_span_member(&at, &name, &modules))
        add_type(&out, &name, &modules, keys);
    buffer_add_byte(&out, '}');
    return buffer_to_arena(&out, arena);
}
