/* Host names. */
#include "schema/format_hostname.h"

#include <ctype.h>
#include <idn2.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 253, LONGEST_LABEL = 63 }; /* bytes (RFC 1035, 2.3.4) */

/* Whether the label, in lower case, is the ASCII form of one that IDNA 2008 allows. Registration
 * asks more than look-up does: RFC 5892's rules for characters in context (RFC 5891, 4.2.3.3). */
static bool encoded_valid(const char *label) {
    uint8_t *registered = NULL;
    int result = idn2_register_u8(NULL, (const uint8_t *)label, &registered, 0);
    if (result == IDN2_MALLOC)
        abort(); /* out of memory, as in memory.c */
    idn2_free(registered);
    return result == IDN2_OK;
}

static bool label_valid(const char *text, size_t length) {
    char label[LONGEST_LABEL + 1];
    if (length == 0 || length > LONGEST_LABEL || text[0] == '-' || text[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isascii(text[i]) || (!isalnum((unsigned char)text[i]) && text[i] != '-'))
            return false;
        label[i] = (char)tolower((unsigned char)text[i]);
    }
    label[length] = '\0';
    return strncmp(label, "xn--", 4) != 0 || encoded_valid(label);
}

bool schema_hostname_valid(const char *text, size_t length) {
    if (length > LONGEST_NAME)
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
