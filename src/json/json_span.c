/* Parts of JSON text, as they are written there: nothing is parsed into values or written anew. */
#include "json/json_span.h"

#include <string.h>

#include "base/quoted.h"

static const char *skip_space(const char *at) {
    return at + strspn(at, " \t\r\n");
}

/* The end of the array or object that begins there. */
static const char *end_of_container(const char *at) {
    size_t depth = 0;
    do {
        at += strcspn(at, "\"[]{}");
        if (*at == '"') {
            quoted_skip(&at);
        } else if (*at != '\0') {
            depth += *at == '[' || *at == '{' ? 1 : (size_t)-1;
            at++;
        }
    } while (depth > 0 && *at != '\0');
    return at;
}

/* Moves *at over the value there. False when there is none. */
static bool take(const char **at, struct json_span *value) {
    const char *end = *at;
    if (*end == '"')
        quoted_skip(&end);
    else if (*end == '[' || *end == '{')
        end = end_of_container(end);
    else
        end += strcspn(end, ",:[]{}\" \t\r\n");
    *value = (struct json_span){*at, (size_t)(end - *at)};
    *at = end;
    return value->length > 0;
}

/* Moves *at over the bracket that opens the container, or the comma before its next part. */
static bool enter(const char **at, char bracket) {
    *at = skip_space(*at);
    if (**at != bracket && **at != ',')
        return false;
    *at = skip_space(*at + 1);
    return true;
}

bool json_span_element(const char **at, struct json_span *value) {
    return enter(at, '[') && take(at, value);
}

bool json_span_member(const char **at, struct json_span *name, struct json_span *value) {
    if (!enter(at, '{') || **at != '"' || !take(at, name))
        return false;
    *at = skip_space(*at);
    if (**at != ':')
        return false;
    *at = skip_space(*at + 1);
    return take(at, value);
}

bool json_span_is_text(const struct json_span *span, const char *text, size_t length) {
    return span->length == length + 2 && span->text[0] == '"' &&
           memcmp(span->text + 1, text, length) == 0;
}
