/* Internationalized labels of host names, RFC 5890 to 5892. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "schema/format_label.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

enum { LONGEST = 59, LAST_POINT = 0x10ffff };

/* The parameters of RFC 3492, 5. */
enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_N = 128 };

struct label {
    uint32_t points[LONGEST];
    uint32_t count;
};

/* The value of a letter or digit, which the caller has checked it to be. */
static uint32_t digit_value(char byte) {
    return (uint32_t)(isdigit((unsigned char)byte) ? byte - '0' + 26
                                                   : tolower((unsigned char)byte) - 'a');
}

/* RFC 3492, 6.1. */
static uint32_t adapt(uint32_t delta, uint32_t count, bool first) {
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* One generalized variable-length integer, RFC 3492, 3.3; false when it is cut off or too big. */
static bool take_integer(const char **at, const char *end, uint32_t bias, uint32_t *value) {
    uint64_t sum = 0, weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        if (*at == end || **at == '-' || weight > UINT32_MAX)
            return false;
        uint32_t digit = digit_value(*(*at)++);
        uint32_t threshold = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        sum += digit * weight;
        if (sum > UINT32_MAX / 2)
            return false;
        if (digit < threshold)
            break;
        weight *= BASE - threshold;
    }
    *value = (uint32_t)sum;
    return true;
}

static void insert(struct label *label, uint32_t place, uint32_t point) {
    memmove(label->points + place + 1, label->points + place,
            (label->count - place) * sizeof *label->points);
    label->points[place] = point;
    label->count++;
}

/* RFC 3492, 6.2. */
static bool decode(const char *text, size_t length, struct label *label) {
    const char *end = text + length, *hyphen = memrchr(text, '-', length);
    label->count = 0;
    for (const char *basic = text; hyphen != NULL && basic < hyphen; basic++)
        label->points[label->count++] = (uint32_t)tolower((unsigned char)*basic);
    const char *at = hyphen == NULL ? text : hyphen + 1;
    uint32_t basics = label->count, point = FIRST_N, place = 0, bias = FIRST_BIAS, delta;
    while (at < end) {
        if (!take_integer(&at, end, bias, &delta))
            return false;
        uint32_t count = label->count + 1;
        bias = adapt(delta, count, label->count == basics);
        uint32_t sum = place + delta;
        point += sum / count;
        place = sum % count;
        if (point > LAST_POINT || (point >= 0xd800 && point <= 0xdfff))
            return false;
        insert(label, place++, point);
    }
    return label->count > basics;
}

static void add_utf8(struct buffer *text, uint32_t point) {
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    int size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    buffer_add_byte(text, (char)(leads[size] | (point >> (6 * (size - 1)))));
    for (int shift = 6 * (size - 2); shift >= 0; shift -= 6)
        buffer_add_byte(text, (char)(0x80 | ((point >> shift) & 0x3f)));
}

/* Hyphens and marks where none may be (RFC 5891, 4.2.3), disallowed exceptions (RFC 5892, 2.6),
 * mixed digits and the katakana middle dot (A.7 to A.9); then each character: letters, digits and
 * allowed exceptions, or one that needs its context (A.1 to A.6). Of A.1 the joining types are not
 * known; that both neighbours are of a script whose letters join stands in for them. */
static const char rule[] =
    "^(?! -|..--|.*-\\z|\\p{M} )"
    "(?! .*[\\x{640}\\x{7fa}\\x{302e}\\x{302f}\\x{3031}-\\x{3035}\\x{303b}] )"
    "(?! (?=.*[\\x{660}-\\x{669}]) .*[\\x{6f0}-\\x{6f9}] )"
    "(?: (?!.*\\x{30fb}) | (?=.*[\\p{sc:Hiragana}\\p{sc:Katakana}\\p{sc:Han}]) )"
    "(?: [-\\p{Ll}\\p{Lo}\\p{Lm}\\p{Mn}\\p{Mc}\\p{Nd}\\x{6fd}\\x{6fe}\\x{f0b}\\x{3007}\\x{30fb}]"
    " | (?<=l)\\x{b7}(?=l)"
    " | \\x{375}(?=\\p{sc:Greek})"
    " | (?<=\\p{sc:Hebrew})[\\x{5f3}\\x{5f4}]"
    " | (?<=\\p{Grapheme_Link})[\\x{200c}\\x{200d}]"
    " | (?<=[\\p{sc:Arabic}\\p{sc:Syriac}\\p{sc:Mongolian}])\\x{200c}"
    "(?=[\\p{sc:Arabic}\\p{sc:Syriac}\\p{sc:Mongolian}])"
    ")+\\z";

static bool follows_rule(const struct buffer *label) {
    static pcre2_code *code; /* kept for the next label */
    int error;
    PCRE2_SIZE at;
    if (code == NULL)
        code = pcre2_compile((PCRE2_SPTR)rule, PCRE2_ZERO_TERMINATED,
                             PCRE2_UTF | PCRE2_EXTENDED_MORE, &error, &at, NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    bool follows =
        code != NULL && data != NULL &&
        pcre2_match(code, (PCRE2_SPTR)label->bytes, label->length, 0, 0, data, NULL) >= 0;
    pcre2_match_data_free(data);
    return follows;
}

bool schema_label_valid(const char *text, size_t length) {
    struct label label;
    if (length == 0 || length > LONGEST || !decode(text, length, &label))
        return false;
    struct buffer decoded;
    buffer_init(&decoded, sizeof label.points);
    for (uint32_t i = 0; i < label.count; i++)
        add_utf8(&decoded, label.points[i]);
    bool valid = follows_rule(&decoded);
    buffer_free(&decoded);
    return valid;
}
