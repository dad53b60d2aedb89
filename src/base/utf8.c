/* UTF-8 as defined in RFC 3629. */
#include "base/utf8.h"

uint32_t utf8_code_point(const char *bytes, size_t size) {
    static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)bytes[0] & lead_bits[size];
    for (size_t i = 1; i < size; i++)
        point = (point << 6) | ((unsigned char)bytes[i] & 0x3f);
    return point;
}

size_t utf8_character(const char *bytes, size_t length) {
    if (length == 0)
        return 0;
    unsigned char lead = (unsigned char)bytes[0];
    size_t size = lead < 0x80   ? 1
                  : lead < 0xc2 ? 0
                  : lead < 0xe0 ? 2
                  : lead < 0xf0 ? 3
                  : lead < 0xf5 ? 4
                                : 0;
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)bytes[i] & 0xc0) != 0x80)
            return 0;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t point = utf8_code_point(bytes, size);
    if (point < smallest[size] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return 0;
    return size;
}

size_t utf8_valid_prefix(const char *bytes, size_t length) {
    size_t at = 0;
    while (at < length) {
        /* nearly all are ASCII */
        size_t size = (unsigned char)bytes[at] < 0x80 ? 1 : utf8_character(bytes + at, length - at);
        if (size == 0)
            break;
        at += size;
    }
    return at;
}

size_t utf8_fitting(const char *bytes, size_t length, size_t most) {
    if (length <= most)
        return length;
    size_t part = most;
    while (part > 0 && most - part < 4 && ((unsigned char)bytes[part] & 0xc0) == 0x80)
        part--;
    return part;
}

size_t utf8_count(const char *bytes, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return count;
}
