/* JSON text to json-c objects and back, strictly as in RFC 8259 and within limits. */
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "json/json_grammar.h"

static void release(void *object) {
    json_object_put(object);
}

struct json_object *json_keep(struct arena *arena, struct json_object *value) {
    if (value != NULL)
        arena_keep(arena, release, value);
    return value;
}

/* Parses text[0, length) and the NUL after it, which terminates a number. */
static bool read_text(struct arena *arena, const char *text, size_t length, int depth, int flags,
                      struct json_object **value, struct fault *fault) {
    struct json_tokener *tokener = json_tokener_new_ex(depth);
    if (tokener == NULL)
        abort(); /* json-c is out of memory */
    json_tokener_set_flags(tokener, flags);
    *value = json_tokener_parse_ex(tokener, text, (int)length + 1);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    json_keep(arena, *value);
    return error == json_tokener_success ||
           fault_set(fault, FAULT_INTERNAL, "the JSON cannot be parsed: %s",
                     json_tokener_error_desc(error));
}

/* The members of all objects in the value. */
static size_t count_members(struct json_object *value) {
    size_t count = 0;
    if (json_object_is_type(value, json_type_object)) {
        count = (size_t)json_object_object_length(value);
        json_object_object_foreach(value, name, member) {
            (void)name;
            count += count_members(member);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            count += count_members(json_object_array_get_idx(value, i));
    }
    return count;
}

bool json_parse(struct arena *arena, const char *text, size_t length, struct json_object **value,
                struct fault *fault) {
    /* json-c alone is too lenient (names cut off at \u0000, NaN, silent overflow). Of members with
     * the same name it keeps one. */
    size_t members;
    if (!json_grammar_members(text, length, &members))
        return json_grammar_check(text, length, fault);
    return read_text(arena, text, length, LIMIT_JSON_DEPTH + 1,
                     JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS, value, fault) &&
           (count_members(*value) == members || json_grammar_check(text, length, fault));
}

bool json_parse_stored(struct arena *arena, const char *text, struct json_object **value,
                       struct fault *fault) {
    return read_text(arena, text, strlen(text), LIMIT_STORED_DEPTH, 0, value, fault);
}

const char *json_text(struct json_object *value) {
    const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                                 JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text == NULL)
        abort(); /* json-c is out of memory */
    return text;
}

void json_add_string(struct buffer *buffer, const char *text, size_t length) {
    struct json_object *string = json_object_new_string_len(text, (int)length);
    buffer_add_text(buffer, json_text(string));
    json_object_put(string);
}

struct json_object *json_member(struct json_object *object, const char *name) {
    struct json_object *member = NULL;
    if (json_object_is_type(object, json_type_object))
        json_object_object_get_ex(object, name, &member);
    return member;
}

const char *json_member_text(struct json_object *object, const char *name) {
    struct json_object *member = json_member(object, name);
    return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : NULL;
}

void json_set_text(struct json_object *object, const char *name, const char *text) {
    json_object_object_add(object, name, text == NULL ? NULL : json_object_new_string(text));
}

const char **json_strings(struct arena *arena, struct json_object *value, size_t *count) {
    bool is_array = json_object_is_type(value, json_type_array);
    size_t length = is_array ? json_object_array_length(value) : 0;
    const char **strings = arena_alloc(arena, length * sizeof *strings);
    *count = 0;
    for (size_t i = 0; i < length; i++) {
        struct json_object *element = json_object_array_get_idx(value, i);
        if (json_object_is_type(element, json_type_string))
            strings[(*count)++] = json_object_get_string(element);
    }
    return strings;
}
