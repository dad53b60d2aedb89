/* What a client would like best, as its Prefer header says (RFC 7240). */
#include "http/preference.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/quoted.h"

/* Takes blanks from both ends of the text before *end. */
static const char *trim(const char *text, const char **end) {
    while (text < *end && (*text == ' ' || *text == '\t'))
        text++;
    while (*end > text && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
        --*end;
    return text;
}

/* Whether the text before `end` is `value`, maybe in quotes. */
static bool is_value(const char *text, const char *end, const char *value) {
    const size_t length = strlen(value);
    text = trim(text, &end);
    if (end - text >= 2 && text[0] == '"' && end[-1] == '"') {
        text++;
        end--;
    }
    return (size_t)(end - text) == length && memcmp(text, value, length) == 0;
}

bool preference_is(const char *prefer, const char *name, const char *value) {
    if (prefer == NULL)
        return false;
    for (const char *at = prefer;; at++) {
        const char *end = quoted_find(at, ",;"), *equals = memchr(at, '=', (size_t)(end - at));
        const char *name_end = equals == NULL ? end : equals;
        at = trim(at, &name_end);
        if ((size_t)(name_end - at) == strlen(name) && strncasecmp(at, name, strlen(name)) == 0)
            return equals != NULL && is_value(equals + 1, end, value);
        at = quoted_find(end, ",");
        if (*at == '\0')
            return false;
    }
}
