/* JSON Pointers, RFC 6901. */
#include "json/json_pointer.h"

#include <string.h>

void json_pointer_add_name(struct buffer *pointer, const char *name) {
    buffer_add_byte(pointer, '/');
    while (!pointer->overflow) { /* a name may be very long */
        size_t plain = strcspn(name, "~/");
        buffer_add(pointer, name, plain);
        name += plain;
        if (*name == '\0')
            return;
        buffer_add_text(pointer, *name == '~' ? "~0" : "~1");
        name++;
    }
}

void json_pointer_add_index(struct buffer *pointer, size_t index) {
    buffer_add_format(pointer, "/%zu", index);
}

bool json_pointer_valid(const char *text, size_t length) {
    if (length > 0 && text[0] != '/')
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '~' && (i + 1 == length || (text[i + 1] != '0' && text[i + 1] != '1')))
            return false;
    return true;
}

bool json_pointer_next(const char **at, struct buffer *token) {
    if (**at != '/')
        return false;
    buffer_clear(token);
    const char *from = *at + 1;
    for (; *from != '\0' && *from != '/'; from++) {
        if (*from == '~')
            buffer_add_byte(token, *++from == '0' ? '~' : '/');
        else
            buffer_add_byte(token, *from);
    }
    *at = from;
    return true;
}

bool json_pointer_index(const char *token, size_t *index) {
    size_t digits = strspn(token, "0123456789");
    if (digits == 0 || digits > 9 || token[digits] != '\0' || (token[0] == '0' && digits > 1))
        return false;
    *index = 0;
    for (; *token != '\0'; token++)
        *index = *index * 10 + (size_t)(*token - '0');
    return true;
}
