/* Fuzzes the JSON intake against json-c's own parser: whatever is accepted is JSON, is within the
 * limits, and comes back from its own text as the same text. */
#include "base/utf8.h"
#include "fuzz.h"
#include "json/json.h"

enum { PLAIN_NUMBER_MAX = 100 }; /* characters of a number that is written out */

/* How many characters PostgreSQL takes for a number: it writes out every place. */
static long plain_length(const char *number) {
    char digits[LIMIT_JSON_NUMBER + 1] = "";
    size_t count = 0;
    long point = -1, exponent = 0, sign = *number == '-';
    for (const char *at = number + sign; *at != '\0'; at++) {
        if (*at == 'e' || *at == 'E') {
            exponent = strtol(at + 1, NULL, 10);
            break;
        }
        if (*at == '.')
            point = (long)count;
        else
            digits[count++] = *at;
    }
    long scale = point < 0 ? 0 : (long)count - point; /* digits behind the point */
    long significant = (long)count - (long)strspn(digits, "0");
    long before = significant - scale + exponent, after = scale - exponent;
    return sign + (significant == 0 || before < 1 ? 1 : before) + (after > 0 ? 1 + after : 0);
}

static void check_value(struct json_object *value, int depth) {
    require(depth <= LIMIT_JSON_DEPTH);
    switch (json_object_get_type(value)) {
    case json_type_object: {
        json_object_object_foreach(value, name, member) {
            require(utf8_valid_prefix(name, strlen(name)) == strlen(name));
            check_value(member, depth + 1);
        }
        break;
    }
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value); i++)
            check_value(json_object_array_get_idx(value, i), depth + 1);
        break;
    case json_type_string: {
        const char *text = json_object_get_string(value);
        require(strlen(text) == (size_t)json_object_get_string_len(value));
        break;
    }
    case json_type_int:
    case json_type_double:
        require(plain_length(json_object_to_json_string(value)) <= PLAIN_NUMBER_MAX);
        break;
    default:
        break;
    }
}

static void check_accepted(struct arena *arena, const char *text, size_t size,
                           struct json_object *value) {
    require(strlen(text) == size && utf8_valid_prefix(text, size) == size);
    struct json_tokener *tokener = json_tokener_new_ex(LIMIT_JSON_DEPTH + 1);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *other = json_tokener_parse_ex(tokener, text, (int)size + 1);
    require(json_tokener_get_error(tokener) == json_tokener_success);
    require(json_object_equal(value, other) == 1);
    json_object_put(other);
    json_tokener_free(tokener);

    const char *once = arena_text(arena, json_text(value));
    struct json_object *again;
    struct fault fault;
    require(json_parse(arena, once, strlen(once), &again, &fault));
    require(strcmp(json_text(again), once) == 0);
    check_value(value, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    const char *text = arena_copy(arena, data, size);
    struct json_object *value;
    struct fault fault = {.text = ""};
    if (json_parse(arena, text, size, &value, &fault))
        check_accepted(arena, text, size, value);
    else
        require(fault.text[0] != '\0' &&
                utf8_valid_prefix(fault.text, strlen(fault.text)) == strlen(fault.text));
    arena_free(arena);
    return 0;
}
