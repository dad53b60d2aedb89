/* Strings in double quotes in which a backslash escapes the next byte. */
#include "base/quoted.h"

#include <string.h>

bool quoted_skip(const char **at) {
    const char *text = *at + 1;
    while (*(text += strcspn(text, "\"\\")) == '\\')
        text += text[1] == '\0' ? 1 : 2;
    bool closed = *text == '"';
    *at = text + closed;
    return closed;
}

const char *quoted_find(const char *at, const char *stops) {
    while (*at != '\0' && strchr(stops, *at) == NULL) {
        if (*at == '"')
            quoted_skip(&at);
        else
            at++;
    }
    return at;
}
