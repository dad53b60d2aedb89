/* The parameters of a query, as a servlet container reads them. */
#include "http/query.h"

#include <string.h>

#include "base/buffer.h"
#include "base/percent.h"
#include "base/utf8.h"

static const char replacement_character[] = "\xef\xbf\xbd"; /* U+FFFD */

static bool is_continuation(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

/* How many bytes one U+FFFD replaces where there is no well-formed character: the longest beginning
 * of one (The Unicode Standard, 3.9), but all of an encoded surrogate, as in Java. */
static size_t malformed_size(const char *bytes, size_t length) {
    unsigned char lead = (unsigned char)bytes[0];
    if (lead < 0xe0 || lead > 0xf4 || length < 2)
        return 1; /* of two bytes, only the first can be the beginning of a character */
    unsigned char second = (unsigned char)bytes[1];
    if (!is_continuation(second) || (lead == 0xe0 && second < 0xa0) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
        return 1;
    return length > 2 && is_continuation((unsigned char)bytes[2]) ? 3 : 2;
}

/* The decoded text, with U+FFFD in place of whatever is not UTF-8. */
static const char *as_utf8(struct arena *arena, const char *bytes, size_t *length) {
    size_t valid = utf8_valid_prefix(bytes, *length);
    if (valid == *length)
        return bytes;
    struct buffer text;
    buffer_init(&text, *length * (sizeof replacement_character - 1));
    size_t at = 0;
    while (at < *length) {
        valid = utf8_valid_prefix(bytes + at, *length - at);
        buffer_add(&text, bytes + at, valid);
        at += valid;
        if (at < *length) {
            buffer_add_text(&text, replacement_character);
            at += malformed_size(bytes + at, *length - at);
        }
    }
    *length = text.length;
    return buffer_to_arena(&text, arena);
}

/* Reads one parameter, the text between two "&"; false when it is to be left out. */
static bool parse_parameter(struct arena *arena, const char *text, size_t length,
                            struct query_parameter *parameter) {
    const char *equals = memchr(text, '=', length);
    size_t name_length = equals == NULL ? length : (size_t)(equals - text);
    if (name_length == 0)
        return false;
    const char *value = equals == NULL ? "" : equals + 1;
    size_t value_length = equals == NULL ? 0 : length - name_length - 1;
    parameter->has_equals = equals != NULL;
    parameter->name = percent_decode_query(arena, text, name_length, &parameter->name_length);
    parameter->value = percent_decode_query(arena, value, value_length, &parameter->value_length);
    if (parameter->name == NULL || parameter->value == NULL)
        return false;
    parameter->name = as_utf8(arena, parameter->name, &parameter->name_length);
    parameter->value = as_utf8(arena, parameter->value, &parameter->value_length);
    return true;
}

bool query_parse(struct arena *arena, const char *text, struct query *query, struct fault *fault) {
    *query = (struct query){0};
    if (text == NULL)
        return true;
    size_t most = 1;
    for (const char *at = text; *at != '\0'; at++)
        most += *at == '&';
    if (most > LIMIT_QUERY_PARAMETERS)
        return fault_set(fault, FAULT_INPUT, "the query has more than %d parameters",
                         LIMIT_QUERY_PARAMETERS);
    struct query_parameter *parameters = arena_alloc(arena, most * sizeof *parameters);
    query->parameters = parameters;
    for (size_t i = 0; i < most; i++) {
        size_t length = strcspn(text, "&");
        if (parse_parameter(arena, text, length, &parameters[query->count]))
            query->count++;
        else if (length > 0)
            query->dropped++;
        text += length + 1;
    }
    return true;
}

bool query_is_named(const struct query_parameter *parameter, const char *name) {
    size_t length = strlen(name);
    return parameter->name_length == length && memcmp(parameter->name, name, length) == 0;
}

const struct query_parameter *query_first(const struct query *query, const char *name) {
    for (size_t i = 0; i < query->count; i++)
        if (query_is_named(&query->parameters[i], name))
            return &query->parameters[i];
    return NULL;
}
