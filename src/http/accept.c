/* Media ranges of an Accept header (RFC 9110, 12.5.1). */
#include "http/accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/quoted.h"

static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum { WEIGHT_LENGTH = 5 }; /* of 0.001 */

/* Whether it is a weight from 0.001 to 1, with three decimals at most. */
static bool is_positive_weight(const char *text, size_t length) {
    if (length == 0 || length > WEIGHT_LENGTH || (length > 1 && text[1] != '.'))
        return false;
    size_t digits = length > 2 ? strspn(text + 2, "0123456789") : 0;
    size_t zeros = length > 2 ? strspn(text + 2, "0") : 0;
    if (length > 2 && digits < length - 2)
        return false;
    return text[0] == '1' ? length <= 2 || zeros >= length - 2
                          : text[0] == '0' && length > 2 && zeros < length - 2;
}

static const char *skip_space(const char *at) {
    return at + strspn(at, " \t");
}

/* Moves *at over a parameter. False when it is malformed, or a weight of 0. */
static bool read_parameter(const char **at) {
    const char *name = *at;
    size_t length = strspn(name, token);
    *at = name + length + 1;
    if (length == 0 || name[length] != '=')
        return false;
    if (**at == '"')
        return quoted_skip(at) && (length != 1 || strncasecmp(name, "q", 1) != 0);
    const char *value = *at;
    *at += strspn(value, token);
    return *at > value && (length != 1 || strncasecmp(name, "q", 1) != 0 ||
                           is_positive_weight(value, (size_t)(*at - value)));
}

/* Whether the parameters up to `end` are well-formed, and their weight, if they have one, is above
 * 0. */
static bool admits(const char *at, const char *end) {
    for (at = skip_space(at); at < end; at = skip_space(at)) {
        if (*at != ';')
            return false;
        at = skip_space(at + 1);
        bool empty = at >= end || *at == ';';
        if (!empty && !read_parameter(&at))
            return false;
    }
    return true;
}

bool accept_names(const char *accept, const char *type) {
    const size_t length = strlen(type);
    while (accept != NULL && *accept != '\0') {
        accept = skip_space(accept);
        const char *end = quoted_find(accept, ",");
        if (strncasecmp(accept, type, length) == 0 && admits(accept + length, end))
            return true;
        accept = end + (*end == ',');
    }
    return false;
}
