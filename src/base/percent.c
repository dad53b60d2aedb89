/* Percent-encoding as in RFC 3986, and as forms and queries use it. */
#include "base/percent.h"

bool percent_is_unreserved(char character) {
    /* not isalnum(): what counts as a letter must not depend on the locale */
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= '0' && character <= '9') || character == '-' || character == '.' ||
           character == '_' || character == '~';
}

void percent_encode(struct buffer *out, const char *bytes, size_t length) {
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < length; i++) {
        if (percent_is_unreserved(bytes[i])) {
            buffer_add_byte(out, bytes[i]);
            continue;
        }
        unsigned char byte = (unsigned char)bytes[i];
        const char escape[] = {'%', digits[byte >> 4], digits[byte & 0x0f]};
        buffer_add(out, escape, sizeof escape);
    }
}

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

static char *decode(struct arena *arena, const char *text, size_t length, char plus,
                    size_t *decoded_length) {
    char *decoded = arena_alloc(arena, length + 1);
    size_t size = 0;
    for (size_t at = 0; at < length; at++) {
        char byte = text[at];
        if (byte == '+') {
            byte = plus;
        } else if (byte == '%') {
            int high = length - at > 2 ? hex_value(text[at + 1]) : -1;
            int low = high >= 0 ? hex_value(text[at + 2]) : -1;
            if (low < 0)
                return NULL;
            byte = (char)(high * 16 + low);
            at += 2;
        }
        decoded[size++] = byte;
    }
    *decoded_length = size;
    return decoded;
}

char *percent_decode(struct arena *arena, const char *text, size_t length, size_t *decoded_length) {
    return decode(arena, text, length, '+', decoded_length);
}

char *percent_decode_query(struct arena *arena, const char *text, size_t length,
                           size_t *decoded_length) {
    return decode(arena, text, length, ' ', decoded_length);
}
