/* Internet host names and addresses. */
#include "schema/format_address.h"

#include <ctype.h>
#include <string.h>

#include "schema/format_label.h"

enum { LONGEST_HOSTNAME = 253, LONGEST_LABEL = 63 };

/* A number of 0 to 255 at `*at`. */
static bool take_octet(const char **at, const char *end) {
    const char *start = *at;
    unsigned value = 0;
    while (*at < end && isdigit((unsigned char)**at) && *at - start < 3)
        value = value * 10 + (unsigned)(*(*at)++ - '0');
    return *at > start && value <= 255 && (*start != '0' || *at - start == 1);
}

bool schema_address_is_ipv4(const char *text, size_t length) {
    const char *at = text, *end = text + length;
    for (int octet = 0; octet < 4; octet++) {
        if (octet > 0 && (at == end || *at++ != '.'))
            return false;
        if (!take_octet(&at, end))
            return false;
    }
    return at == end;
}

/* The 16-bit groups from `*at` on, separated by ":"; a dotted decimal address at the end counts
 * as two. Stops before "::" or at the end; -1 when something else is there. */
static int take_groups(const char **at, const char *end) {
    int groups = 0;
    while (*at < end && **at != ':') {
        if (schema_address_is_ipv4(*at, (size_t)(end - *at))) {
            *at = end;
            return groups + 2;
        }
        const char *start = *at;
        while (*at < end && isxdigit((unsigned char)**at))
            (*at)++;
        if (*at == start || *at - start > 4)
            return -1;
        groups++;
        if (end - *at >= 2 && **at == ':' && (*at)[1] != ':')
            (*at)++;
        else
            break;
    }
    return groups;
}

bool schema_address_is_ipv6(const char *text, size_t length) {
    const char *at = text, *end = text + length;
    int before = take_groups(&at, end);
    if (before < 0)
        return false;
    if (at == end)
        return before == 8;
    if (end - at < 2 || at[0] != ':' || at[1] != ':')
        return false;
    at += 2;
    int after = take_groups(&at, end);
    return after >= 0 && at == end && before + after <= 7;
}

static bool label_valid(const char *label, size_t length) {
    if (length == 0 || length > LONGEST_LABEL || label[0] == '-' || label[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isascii(label[i]) || (!isalnum((unsigned char)label[i]) && label[i] != '-'))
            return false;
    return length < 4 || strncasecmp(label, "xn--", 4) != 0 ||
           schema_label_valid(label + 4, length - 4);
}

bool schema_address_is_hostname(const char *text, size_t length) {
    if (length > LONGEST_HOSTNAME)
        return false;
    const char *end = text + length;
    for (;;) {
        const char *dot = memchr(text, '.', (size_t)(end - text));
        const char *stop = dot == NULL ? end : dot;
        if (!label_valid(text, (size_t)(stop - text)))
            return false;
        if (dot == NULL)
            return true;
        text = dot + 1;
    }
}
