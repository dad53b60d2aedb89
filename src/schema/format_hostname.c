/* Host names, plain and internationalized. */
#include "schema/format_hostname.h"

#include <ctype.h>
#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum {
    LONGEST_NAME = 253,    /* bytes in ASCII (RFC 1035, 2.3.4), */
    LONGEST_LABEL = 63,    /* and those of a label */
    LONGEST_CHARACTER = 4, /* bytes of UTF-8 for a character, which takes a byte or more in ASCII */
    LONGEST_WRITTEN_LABEL = LONGEST_CHARACTER * LONGEST_LABEL,
};

/* What the labels of a name say about the whole. */
struct name {
    bool international; /* whether they may be written in Unicode */
    size_t length;      /* in ASCII */
    bool digit_first;   /* one begins with a digit */
    bool leftwards;     /* one runs from right to left */
};

/* The result of a call of libidn2; without memory the process ends, as in memory.c. */
static int answer(int result) {
    if (result == IDN2_MALLOC)
        abort();
    return result;
}

/* Has libidn2 check a label, in Unicode or encoded, by the rules for registration, since those for
 * lookup leave out most of the rules for characters in context (RFC 5891, 4.2.3.3 and 5.4).
 * Returns its error code, and in `length` that of the encoded label. */
static int check(const char *unicode, const char *encoded, size_t *length) {
    uint8_t *registered = NULL;
    int result = answer(idn2_register_u8((const uint8_t *)unicode, (const uint8_t *)encoded,
                                         &registered, IDN2_NFC_INPUT));
    *length = result == IDN2_OK ? strlen((const char *)registered) : 0;
    idn2_free(registered);
    return result;
}

/* Whether the label breaks RFC 5893, 2, rule 4, which libidn2 does not check. */
static bool mixes_digits(const char *label) {
    bool european = false, arabic = false;
    for (size_t size; (size = utf8_character(label, strlen(label))) > 0; label += size) {
        uint32_t point = utf8_code_point(label, size);
        european = european || (point >= '0' && point <= '9');
        arabic = arabic || (point >= 0x660 && point <= 0x669);
    }
    return european && arabic;
}

/* libidn2 does not say in which direction a label runs; but a valid one that breaks RFC 5893 once a
 * digit precedes it runs from right to left. The second digit keeps hyphens of the label from the
 * third and fourth place, where two of them are a fault of their own. */
static bool runs_leftwards(const char *label) {
    char numbered[sizeof "00" + LONGEST_WRITTEN_LABEL];
    size_t length;
    snprintf(numbered, sizeof numbered, "00%s", label);
    return check(numbered, NULL, &length) == IDN2_BIDI;
}

static bool encoded_valid(const char *label) {
    size_t length;
    char *unicode = NULL;
    if (check(NULL, label, &length) != IDN2_OK ||
        answer(idn2_to_unicode_8z8z(label, &unicode, 0)) != IDN2_OK)
        return false;
    bool valid = !mixes_digits(unicode);
    idn2_free(unicode);
    return valid;
}

static bool take_ascii(struct name *name, char *label, size_t length) {
    if (length > LONGEST_LABEL || label[0] == '-' || label[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)label[i]) && label[i] != '-')
            return false;
        label[i] = (char)tolower((unsigned char)label[i]);
    }
    name->length += length;
    name->digit_first = name->digit_first || isdigit((unsigned char)label[0]);
    return strncmp(label, "xn--", 4) != 0 || encoded_valid(label);
}

static bool take_unicode(struct name *name, const char *label) {
    size_t length;
    if (check(label, NULL, &length) != IDN2_OK || mixes_digits(label))
        return false;
    name->length += length;
    name->leftwards = name->leftwards || runs_leftwards(label);
    return true;
}

static bool take_label(struct name *name, const char *text, size_t length) {
    char label[LONGEST_WRITTEN_LABEL + 1];
    bool ascii = true;
    if (length == 0 || length >= sizeof label || memchr(text, '\0', length) != NULL)
        return false;
    for (size_t i = 0; i < length; i++) {
        label[i] = text[i];
        ascii = ascii && isascii(text[i]);
    }
    label[length] = '\0';
    if (ascii)
        return take_ascii(name, label, length);
    return name->international && take_unicode(name, label);
}

/* How many bytes the dot at `at` has; 0 when there is none. */
static size_t dot_size(const char *at, const char *end, bool international) {
    static const char others[][4] = {"\u3002", "\uff0e", "\uff61"}; /* RFC 3490, 3.1 */
    if (*at == '.')
        return 1;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (international && end - at >= 3 && memcmp(at, others[i], 3) == 0)
            return 3;
    return 0;
}

static bool name_valid(const char *text, size_t length, bool international) {
    struct name name = {.international = international};
    const char *end = text + length;
    for (;;) {
        const char *stop = text;
        size_t dot = 0;
        while (stop < end && (dot = dot_size(stop, end, international)) == 0)
            stop++;
        if (!take_label(&name, text, (size_t)(stop - text)) || name.length > LONGEST_NAME)
            return false;
        if (stop == end)
            break;
        text = stop + dot;
        name.length++;
    }
    /* RFC 5893, 2, rule 1: no label may begin with a digit if one runs from right to left. Encoded
     * labels do not count as such, so that plain host names remain valid. */
    return !name.digit_first || !name.leftwards;
}

bool schema_hostname_valid(const char *text, size_t length) {
    return name_valid(text, length, false);
}

bool schema_hostname_idn_valid(const char *text, size_t length) {
    return name_valid(text, length, true);
}

const char *schema_hostname_ascii(struct arena *arena, const char *text) {
    char *ascii = NULL;
    if (answer(idn2_lookup_u8((const uint8_t *)text, (uint8_t **)&ascii,
                              IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL)) != IDN2_OK)
        return NULL;
    const char *copy = arena_text(arena, ascii);
    idn2_free(ascii);
    return copy;
}
