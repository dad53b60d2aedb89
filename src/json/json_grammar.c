/* The grammar of JSON (RFC 8259) and the limits that dynmod adds to it. */
#include "json/json_grammar.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"

struct scan {
    const char *text;
    size_t length;
    size_t at;
    int depth;
    size_t values, containers, members; /* so far */
    bool compares;                      /* the names in each object */
    struct fault *fault;
};

/* Fails at the byte `at`, given as line and column (in characters), both counted from 1. */
static bool fail_at(struct scan *scan, size_t at, const char *what) {
    size_t line = 1, start = 0;
    for (size_t i = 0; i < at && i < scan->length; i++)
        if (scan->text[i] == '\n') {
            line++;
            start = i + 1;
        }
    size_t column = utf8_count(scan->text + start, at - start) + 1;
    return fault_set(scan->fault, FAULT_INPUT, "line %zu, column %zu: %s", line, column, what);
}

static bool fail(struct scan *scan, const char *what) {
    return fail_at(scan, scan->at, scan->at >= scan->length ? "unexpected end of the text" : what);
}

/* The byte at the current place; after the end NUL, which no JSON text contains. */
static char peek(const struct scan *scan) {
    return scan->at < scan->length ? scan->text[scan->at] : '\0';
}

static bool accept(struct scan *scan, char byte) {
    if (scan->at >= scan->length || scan->text[scan->at] != byte)
        return false;
    scan->at++;
    return true;
}

static void skip_space(struct scan *scan) {
    while (scan->at < scan->length && memchr(" \t\r\n", scan->text[scan->at], 4) != NULL)
        scan->at++;
}

/* The value of the four hexadecimal digits at `at`, or -1. */
static long hex4(const struct scan *scan, size_t at) {
    char digits[5] = {0};
    if (scan->length - at < 4)
        return -1;
    memcpy(digits, scan->text + at, 4);
    return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

/* Continues after the "\u" that precedes scan->at. */
static bool scan_unicode_escape(struct scan *scan) {
    size_t start = scan->at - 2;
    long unit = hex4(scan, scan->at);
    if (unit < 0)
        return fail(scan, "\\u must be followed by four hexadecimal digits");
    scan->at += 4;
    if (unit == 0)
        return fail_at(scan, start, "\\u0000 is not allowed");
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    long low = -1;
    if (unit < 0xdc00 && accept(scan, '\\') && accept(scan, 'u'))
        low = hex4(scan, scan->at);
    if (low < 0xdc00 || low > 0xdfff)
        return fail_at(scan, start, "unpaired surrogate");
    scan->at += 4;
    return true;
}

/* Moves over what stands in a string for itself. */
static void skip_plain(struct scan *scan) {
    const unsigned char *byte = (const unsigned char *)scan->text + scan->at;
    const unsigned char *end = (const unsigned char *)scan->text + scan->length;
    const unsigned char *start = byte;
    while (byte < end && *byte != '"' && *byte != '\\' && *byte >= 0x20)
        byte++;
    scan->at += (size_t)(byte - start);
}

static bool scan_string(struct scan *scan) {
    if (!accept(scan, '"'))
        return fail(scan, "expected a string in double quotes");
    for (skip_plain(scan); !accept(scan, '"'); skip_plain(scan)) {
        if (!accept(scan, '\\'))
            return fail(scan, "control characters in a string must be escaped");
        char escape = peek(scan);
        if (escape == '\0' || strchr("\"\\/bfnrtu", escape) == NULL)
            return fail(scan, "unknown escape sequence");
        scan->at++;
        if (escape == 'u' && !scan_unicode_escape(scan))
            return false;
    }
    return true;
}

static size_t skip_digits(struct scan *scan) {
    size_t start = scan->at;
    while (scan->at < scan->length && scan->text[scan->at] >= '0' && scan->text[scan->at] <= '9')
        scan->at++;
    return scan->at - start;
}

/* json-c keeps integers in 64 bits, and other numbers as a double together with their text. */
static bool number_fits(const char *digits, bool whole) {
    errno = 0;
    if (!whole)
        return isfinite(strtod(digits, NULL)) && errno != ERANGE;
    if (digits[0] == '-')
        (void)strtoll(digits, NULL, 10);
    else
        (void)strtoull(digits, NULL, 10);
    return errno == 0;
}

/* The exponent at `text`, or one that is as good as any larger one. */
static long read_exponent(const char *text) {
    const long most = 100 * 1000;
    long exponent = strtol(text, NULL, 10);
    return exponent > most ? most : exponent < -most ? -most : exponent;
}

/* How many characters the number takes with all its places written out, as PostgreSQL does: a few
 * bytes could otherwise become thousands. */
static long plain_length(const char *number) {
    long sign = number[0] == '-', digits = 0, whole = -1, first = -1;
    const char *at = number + sign;
    for (; *at == '.' || (*at >= '0' && *at <= '9'); at++) {
        if (*at == '.') {
            whole = digits;
            continue;
        }
        if (first < 0 && *at != '0')
            first = digits;
        digits++;
    }
    long exponent = *at == '\0' ? 0 : read_exponent(at + 1);
    if (whole < 0)
        whole = digits;
    long before = first < 0 ? 1 : whole - first + exponent;
    long after = digits - whole - exponent;
    return sign + (before < 1 ? 1 : before) + (after > 0 ? after + 1 : 0);
}

static bool scan_number(struct scan *scan) {
    size_t start = scan->at;
    bool whole = true;
    accept(scan, '-');
    if (!accept(scan, '0') && skip_digits(scan) == 0)
        return fail(scan, "expected a value");
    if (accept(scan, '.')) {
        whole = false;
        if (skip_digits(scan) == 0)
            return fail(scan, "expected a digit");
    }
    if (accept(scan, 'e') || accept(scan, 'E')) {
        whole = false;
        if (!accept(scan, '+'))
            accept(scan, '-');
        if (skip_digits(scan) == 0)
            return fail(scan, "expected a digit");
    }
    char digits[LIMIT_JSON_NUMBER + 1] = {0};
    if (scan->at - start > LIMIT_JSON_NUMBER)
        return fail_at(scan, start, "the number is too long");
    memcpy(digits, scan->text + start, scan->at - start);
    if (!number_fits(digits, whole))
        return fail_at(scan, start, "the number is out of range");
    return plain_length(digits) <= LIMIT_JSON_NUMBER ||
           fail_at(scan, start, "the number is too long without an exponent");
}

static bool scan_value(struct scan *scan);

static bool scan_array(struct scan *scan) {
    skip_space(scan);
    if (accept(scan, ']'))
        return true;
    do {
        if (!scan_value(scan))
            return false;
    } while (accept(scan, ','));
    return accept(scan, ']') || fail(scan, "expected \",\" or \"]\"");
}

/* Decodes the quoted name at text[start, scan->at); the caller frees the result. */
static char *decode_name(const struct scan *scan, size_t start) {
    char *quoted = memory_copy(scan->text + start, scan->at - start);
    if (strchr(quoted, '\\') == NULL) {
        char *plain = memory_copy(quoted + 1, strlen(quoted) - 2);
        free(quoted);
        return plain;
    }
    struct json_object *name = json_tokener_parse(quoted);
    const char *text = json_object_get_string(name);
    char *plain = memory_copy(text, strlen(text));
    json_object_put(name);
    free(quoted);
    return plain;
}

static bool fail_repeated(struct scan *scan, size_t start, const char *name) {
    struct buffer what;
    buffer_init(&what, LIMIT_FAULT_TEXT);
    buffer_add_text(&what, "the name \"");
    buffer_add_escaped(&what, name, strlen(name), LIMIT_ECHO);
    buffer_add_text(&what, "\" appears twice in one object");
    fail_at(scan, start, buffer_text(&what));
    buffer_free(&what);
    return false;
}

/* Adds the name at text[start, scan->at) to `names`, unless that is NULL; false if it is there
 * already. */
static bool note_name(struct scan *scan, struct json_object *names, size_t start) {
    scan->members++;
    if (names == NULL)
        return true;
    char *name = decode_name(scan, start);
    bool known = json_object_object_get_ex(names, name, NULL);
    bool ok =
        known ? fail_repeated(scan, start, name) : json_object_object_add(names, name, NULL) == 0;
    free(name);
    return ok;
}

static bool scan_members(struct scan *scan, struct json_object *names) {
    do {
        skip_space(scan);
        size_t start = scan->at;
        if (!scan_string(scan) || !note_name(scan, names, start))
            return false;
        skip_space(scan);
        if (!accept(scan, ':'))
            return fail(scan, "expected \":\"");
        if (!scan_value(scan))
            return false;
    } while (accept(scan, ','));
    return accept(scan, '}') || fail(scan, "expected \",\" or \"}\"");
}

static bool scan_object(struct scan *scan) {
    skip_space(scan);
    if (accept(scan, '}'))
        return true;
    struct json_object *names = scan->compares ? json_object_new_object() : NULL;
    bool ok = scan_members(scan, names);
    json_object_put(names);
    return ok;
}

static bool scan_container(struct scan *scan) {
    if (scan->depth == LIMIT_JSON_DEPTH)
        return fail(scan, "arrays and objects are nested too deeply");
    if (++scan->containers > LIMIT_JSON_CONTAINERS)
        return fail(scan, "there are too many arrays and objects");
    scan->depth++;
    bool ok = accept(scan, '{') ? scan_object(scan) : accept(scan, '[') && scan_array(scan);
    scan->depth--;
    return ok;
}

static bool scan_word(struct scan *scan, const char *word) {
    size_t length = strlen(word);
    if (scan->length - scan->at < length || memcmp(scan->text + scan->at, word, length) != 0)
        return fail(scan, "expected a value");
    scan->at += length;
    return true;
}

/* Scans a value and the white space around it. */
static bool scan_value(struct scan *scan) {
    skip_space(scan);
    if (++scan->values > LIMIT_JSON_VALUES)
        return fail(scan, "there are too many values");
    bool ok;
    switch (peek(scan)) {
    case '{':
    case '[':
        ok = scan_container(scan);
        break;
    case '"':
        ok = scan_string(scan);
        break;
    case 't':
        ok = scan_word(scan, "true");
        break;
    case 'f':
        ok = scan_word(scan, "false");
        break;
    case 'n':
        ok = scan_word(scan, "null");
        break;
    default:
        ok = scan_number(scan);
    }
    skip_space(scan);
    return ok;
}

static bool scan_text(struct scan *scan) {
    size_t valid = utf8_valid_prefix(scan->text, scan->length);
    if (valid < scan->length)
        return fail_at(scan, valid, "the text is not valid UTF-8");
    if (!scan_value(scan))
        return false;
    return scan->at == scan->length || fail(scan, "unexpected text after the value");
}

bool json_grammar_check(const char *text, size_t length, struct fault *fault) {
    struct scan scan = {.text = text, .length = length, .compares = true, .fault = fault};
    return scan_text(&scan);
}

bool json_grammar_members(const char *text, size_t length, size_t *members) {
    struct fault ignored;
    struct scan scan = {.text = text, .length = length, .fault = &ignored};
    bool ok = scan_text(&scan);
    *members = scan.members;
    return ok;
}
