/* URI templates, RFC 6570. */
#include "schema/format_uri_template.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

/* What is left to read. */
struct rest {
    const char *at;
    const char *end;
};

static bool take(struct rest *rest, char byte) {
    if (rest->at == rest->end || *rest->at != byte)
        return false;
    rest->at++;
    return true;
}

static bool take_encoded(struct rest *rest) {
    if (rest->end - rest->at < 3 || *rest->at != '%' || !isxdigit((unsigned char)rest->at[1]) ||
        !isxdigit((unsigned char)rest->at[2]))
        return false;
    rest->at += 3;
    return true;
}

/* ucschar and iprivate in the first plane (RFC 6570, 1.5); for the others see is_literal(). */
static bool is_international(uint32_t point) {
    return (point >= 0xa0 && point <= 0xfdcf) || (point >= 0xfdf0 && point <= 0xffef);
}

static bool is_literal(uint32_t point) {
    if (point >= 0x10000) /* excludes the last two of each plane, and tags in plane 14 */
        return (point & 0xffff) <= 0xfffd && (point < 0xe0000 || point >= 0xe1000);
    if (point >= 0x80)
        return is_international(point);
    return point > ' ' && point != 0x7f && strchr("\"%<>\\^`{|}", (int)point) == NULL;
}

static bool take_literal(struct rest *rest) {
    if (take_encoded(rest))
        return true;
    size_t size = utf8_character(rest->at, (size_t)(rest->end - rest->at));
    if (size == 0 || !is_literal(utf8_code_point(rest->at, size)))
        return false;
    rest->at += size;
    return true;
}

static bool take_name_character(struct rest *rest) {
    if (take_encoded(rest))
        return true;
    if (rest->at == rest->end || !isascii(*rest->at) ||
        (!isalnum((unsigned char)*rest->at) && *rest->at != '_'))
        return false;
    rest->at++;
    return true;
}

static bool take_name(struct rest *rest) {
    do {
        if (!take_name_character(rest))
            return false;
        while (take_name_character(rest))
            continue;
    } while (take(rest, '.'));
    return true;
}

/* Reads ":" and a length of 1 to 9999, or "*", or nothing. */
static bool take_modifier(struct rest *rest) {
    if (take(rest, '*') || !take(rest, ':'))
        return true;
    size_t digits = 0;
    while (rest->at < rest->end && isdigit((unsigned char)*rest->at)) {
        if (digits == 0 && *rest->at == '0')
            return false;
        digits++;
        rest->at++;
    }
    return digits >= 1 && digits <= 4;
}

/* Reads what follows "{". */
static bool take_expression(struct rest *rest) {
    if (rest->at < rest->end && *rest->at != '\0' && strchr("+#./;?&=,!@|", *rest->at) != NULL)
        rest->at++;
    do {
        if (!take_name(rest) || !take_modifier(rest))
            return false;
    } while (take(rest, ','));
    return take(rest, '}');
}

bool schema_uri_template_valid(const char *text, size_t length) {
    struct rest rest = {text, text + length};
    while (rest.at < rest.end)
        if (take(&rest, '{') ? !take_expression(&rest) : !take_literal(&rest))
            return false;
    return true;
}
