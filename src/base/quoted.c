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
