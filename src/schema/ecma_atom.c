/* What matches one character in a regular expression of ECMA-262: escapes and classes. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "schema/ecma_atom.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

/* What \s matches in ECMA-262 (WhiteSpace and LineTerminator) beyond the \s of PCRE2; and what \S
 * matches, for classes, in which no part can be negated. */
#define MORE_SPACES                                                                                \
    "\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"                      \
    "\\x{3000}\\x{feff}"
#define NO_SPACES                                                                                  \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}"                                  \
    "\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}"                 \
    "\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

void schema_ecma_put_character(struct buffer *out, uint32_t point) {
    if (point < 0x80 && isalnum((int)point))
        buffer_add_byte(out, (char)point);
    else
        buffer_add_format(out, "\\x{%x}", (unsigned)point);
}

/* Reads `least` to `most` hexadecimal digits as a number; false when there are fewer. */
static bool take_hex(struct schema_ecma_reader *reader, int least, int most, uint32_t *value) {
    int count = 0;
    *value = 0;
    while (count < most && reader->at < reader->end && isxdigit((unsigned char)*reader->at)) {
        char digit = (char)tolower((unsigned char)*reader->at++);
        *value = *value * 16 + (uint32_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        count++;
    }
    return count >= least;
}

/* Reads what follows "\u". Two escapes that form a surrogate pair are one character. */
static bool take_unicode(struct schema_ecma_reader *reader, uint32_t *point) {
    if (schema_ecma_take(reader, "{"))
        return take_hex(reader, 1, 6, point) && *point <= 0x10ffff && schema_ecma_take(reader, "}");
    if (!take_hex(reader, 4, 4, point))
        return false;
    const char *after = reader->at;
    uint32_t low;
    if (*point >= 0xd800 && *point <= 0xdbff && schema_ecma_take(reader, "\\u") &&
        take_hex(reader, 4, 4, &low) && low >= 0xdc00 && low <= 0xdfff)
        *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
    else
        reader->at = after;
    return true;
}

static bool take_control(struct schema_ecma_reader *reader, uint32_t *point) {
    if (reader->at == reader->end || !isascii(*reader->at) || !isalpha((unsigned char)*reader->at))
        return false;
    *point = (uint32_t)*reader->at++ & 0x1f;
    return true;
}

/* Reads one character, whose escape letter has already been read. */
static bool character_escape(struct schema_ecma_reader *reader, uint32_t letter, uint32_t *point) {
    static const char letters[] = "tnvfr", characters[] = "\t\n\v\f\r";
    const char *found = letter == 0 || letter > 0x7f ? NULL : strchr(letters, (int)letter);
    *point = letter;
    if (found != NULL) {
        *point = (uint32_t)characters[found - letters];
    } else if (letter == '0') {
        *point = 0;
        if (reader->at < reader->end && isdigit((unsigned char)*reader->at))
            return schema_ecma_wrong(reader, "\\0 is followed by a digit");
    } else if (letter == 'c' && !take_control(reader, point)) {
        return schema_ecma_wrong(reader, "\\c is not followed by a letter");
    } else if (letter == 'x' && !take_hex(reader, 2, 2, point)) {
        return schema_ecma_wrong(reader, "\\x is not followed by two hexadecimal digits");
    } else if (letter == 'u' && !take_unicode(reader, point)) {
        return schema_ecma_wrong(reader, "\\u is not followed by a code point");
    } else if (letter < 0x80 && isalnum((int)letter) && strchr("cxu", (int)letter) == NULL) {
        return schema_ecma_wrong(reader, "unknown escape");
    }
    return true;
}

/* PCRE2 knows general categories by their short names only. */
static const char *short_category(const char *name) {
    static const char *const names[][2] = {
        {"Letter", "L"},
        {"Cased_Letter", "L&"},
        {"LC", "L&"},
        {"Uppercase_Letter", "Lu"},
        {"Lowercase_Letter", "Ll"},
        {"Titlecase_Letter", "Lt"},
        {"Modifier_Letter", "Lm"},
        {"Other_Letter", "Lo"},
        {"Mark", "M"},
        {"Combining_Mark", "M"},
        {"Nonspacing_Mark", "Mn"},
        {"Spacing_Mark", "Mc"},
        {"Enclosing_Mark", "Me"},
        {"Number", "N"},
        {"Decimal_Number", "Nd"},
        {"digit", "Nd"},
        {"Letter_Number", "Nl"},
        {"Other_Number", "No"},
        {"Punctuation", "P"},
        {"punct", "P"},
        {"Connector_Punctuation", "Pc"},
        {"Dash_Punctuation", "Pd"},
        {"Open_Punctuation", "Ps"},
        {"Close_Punctuation", "Pe"},
        {"Initial_Punctuation", "Pi"},
        {"Final_Punctuation", "Pf"},
        {"Other_Punctuation", "Po"},
        {"Symbol", "S"},
        {"Math_Symbol", "Sm"},
        {"Currency_Symbol", "Sc"},
        {"Modifier_Symbol", "Sk"},
        {"Other_Symbol", "So"},
        {"Separator", "Z"},
        {"Space_Separator", "Zs"},
        {"Line_Separator", "Zl"},
        {"Paragraph_Separator", "Zp"},
        {"Other", "C"},
        {"Control", "Cc"},
        {"cntrl", "Cc"},
        {"Format", "Cf"},
        {"Surrogate", "Cs"},
        {"Private_Use", "Co"},
        {"Unassigned", "Cn"},
        {"Assigned", "^Cn"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], name) == 0)
            return names[i][1];
    return name;
}

/* Whether PCRE2 knows an escape such as \p{Lu}; it decides which names of properties exist. */
static bool compiles(const char *escape) {
    int error;
    PCRE2_SIZE at;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)escape, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &at, NULL);
    pcre2_code_free(code);
    return code != NULL;
}

/* Rewrites what follows "\p" or "\P". */
static bool put_property(struct schema_ecma_reader *reader, char letter, struct buffer *out) {
    char name[64], escape[80];
    size_t length = 0;
    if (!schema_ecma_take(reader, "{"))
        return schema_ecma_wrong(reader, "\\p is not followed by the name of a property");
    while (reader->at < reader->end && length + 1 < sizeof name &&
           (isalnum((unsigned char)*reader->at) || *reader->at == '_' || *reader->at == '='))
        name[length++] = *reader->at++;
    name[length] = '\0';
    const char *category = name;
    if (strncmp(name, "gc=", 3) == 0)
        category = name + 3;
    else if (strncmp(name, "General_Category=", 17) == 0)
        category = name + 17;
    snprintf(escape, sizeof escape, "\\%c{%s}", letter, short_category(category));
    if (!schema_ecma_take(reader, "}") || !compiles(escape))
        return schema_ecma_wrong(reader, "unknown character property");
    buffer_add_text(out, escape);
    return true;
}

enum schema_ecma_atom schema_ecma_escape(struct schema_ecma_reader *reader, bool in_class,
                                         struct buffer *out, uint32_t *point) {
    if (reader->at == reader->end) {
        schema_ecma_wrong(reader, "it ends with a backslash");
        return SCHEMA_ECMA_WRONG;
    }
    uint32_t letter = schema_ecma_take_character(reader);
    switch (letter) {
    case 'd':
    case 'D':
    case 'w':
    case 'W':
        buffer_add_format(out, "\\%c", (char)letter);
        return SCHEMA_ECMA_SET;
    case 's':
        buffer_add_text(out, in_class ? "\\s" MORE_SPACES : "[\\s" MORE_SPACES "]");
        return SCHEMA_ECMA_SET;
    case 'S':
        buffer_add_text(out, in_class ? NO_SPACES : "[^\\s" MORE_SPACES "]");
        return SCHEMA_ECMA_SET;
    case 'p':
    case 'P':
        return put_property(reader, (char)letter, out) ? SCHEMA_ECMA_SET : SCHEMA_ECMA_WRONG;
    case 'b':
        *point = '\b'; /* in a class; elsewhere \b does not get here */
        return SCHEMA_ECMA_CHARACTER;
    default:
        return character_escape(reader, letter, point) ? SCHEMA_ECMA_CHARACTER : SCHEMA_ECMA_WRONG;
    }
}

static enum schema_ecma_atom class_atom(struct schema_ecma_reader *reader, struct buffer *out,
                                        uint32_t *point) {
    if (schema_ecma_take(reader, "\\"))
        return schema_ecma_escape(reader, true, out, point);
    if (reader->at == reader->end) {
        schema_ecma_wrong(reader, "a character class is not closed");
        return SCHEMA_ECMA_WRONG;
    }
    *point = schema_ecma_take_character(reader);
    return SCHEMA_ECMA_CHARACTER;
}

/* Rewrites a character or set, or two of them joined by "-": a range, if both are characters. */
static bool class_member(struct schema_ecma_reader *reader, struct buffer *out) {
    uint32_t first = 0, last = 0;
    enum schema_ecma_atom from = class_atom(reader, out, &first);
    if (from == SCHEMA_ECMA_CHARACTER)
        schema_ecma_put_character(out, first);
    bool range = from != SCHEMA_ECMA_WRONG && reader->end - reader->at >= 2 &&
                 reader->at[0] == '-' && reader->at[1] != ']';
    if (!range)
        return from != SCHEMA_ECMA_WRONG;
    reader->at++;
    enum schema_ecma_atom to = class_atom(reader, out, &last);
    if (from == SCHEMA_ECMA_CHARACTER && to == SCHEMA_ECMA_CHARACTER) {
        if (first > last)
            return schema_ecma_wrong(reader, "a range in a character class is out of order");
        buffer_add_byte(out, '-');
    } else {
        buffer_add_text(out, "\\x{2d}"); /* not a range; the order in a class does not matter */
    }
    if (to == SCHEMA_ECMA_CHARACTER)
        schema_ecma_put_character(out, last);
    return to != SCHEMA_ECMA_WRONG;
}

bool schema_ecma_class(struct schema_ecma_reader *reader, struct buffer *out) {
    bool negated = schema_ecma_take(reader, "^");
    if (schema_ecma_take(reader, "]")) { /* PCRE2 would take this bracket for a member */
        buffer_add_text(out, negated ? "(?s:.)" : "(?!)");
        return true;
    }
    buffer_add_text(out, negated ? "[^" : "[");
    while (!schema_ecma_take(reader, "]"))
        if (!class_member(reader, out))
            return false;
    buffer_add_byte(out, ']');
    return true;
}
