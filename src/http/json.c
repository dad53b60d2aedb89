/* JSON text to json-c objects and back, strictly by RFC 8259 and within limits. */
#include "http/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "http/json_grammar.h"

static void release(void *object) {
    json_object_put(object);
}

struct json_object *json_keep(struct arena *arena, struct json_object *value) {
    if (value != NULL)
        arena_keep(arena, release, value);
    return value;
}

bool json_parse(struct arena *arena, const char *text, size_t length, struct json_object **value,
                struct fault *fault) {
    /* json-c alone lets much through (names cut at \u0000, NaN, silent overflow). */
    if (!json_grammar_check(text, length, fault))
        return false;
    struct json_tokener *tokener = json_tokener_new_ex(LIMIT_JSON_DEPTH + 1);
    if (tokener == NULL)
        abort(); /* json-c is out of memory */
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    *value = json_tokener_parse_ex(tokener, text, (int)length);
    if (json_tokener_get_error(tokener) == json_tokener_continue) /* a number ends with the text */
        *value = json_tokener_parse_ex(tokener, "", 1);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    if (error != json_tokener_success)
        return fault_set(fault, FAULT_INPUT, "it is not JSON: %s", json_tokener_error_desc(error));
    json_keep(arena, *value);
    return true;
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
