/* Regular expressions of ECMA-262, checked and rewritten for PCRE2. */
#include "schema/ecma_pattern.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "schema/ecma_atom.h"

enum { MOST_REPEATS = 65535 }; /* the most that PCRE2 takes */

enum group { GROUP, LOOKAHEAD, LOOKBEHIND };

struct translation {
    struct schema_ecma_reader reader;
    struct buffer *out;
    enum group open[LIMIT_PATTERN_GROUPS];
    size_t depth;
    size_t captured; /* capturing groups opened so far */
    bool repeatable; /* whether a quantifier may follow */
};

/* A stretch of the source. */
struct name {
    const char *start;
    size_t length;
};

static bool wrong(struct translation *it, const char *text) {
    return schema_ecma_wrong(&it->reader, text);
}

static bool take(struct translation *it, const char *text) {
    return schema_ecma_take(&it->reader, text);
}

static void put(struct translation *it, const char *text, bool repeatable) {
    buffer_add_text(it->out, text);
    it->repeatable = repeatable;
}

/* Reads up to and including ">". Does not check which letters beyond ASCII a name may have. */
static bool take_name(struct schema_ecma_reader *reader, struct name *name) {
    name->start = reader->at;
    while (reader->at < reader->end && *reader->at != '>') {
        unsigned char byte = (unsigned char)*reader->at;
        bool digit = isdigit(byte) && reader->at > name->start;
        if (!digit && byte < 0x80 && !isalpha(byte) && byte != '_' && byte != '$')
            return false;
        reader->at++;
    }
    name->length = (size_t)(reader->at - name->start);
    return name->length > 0 && schema_ecma_take(reader, ">");
}

static void skip_class(struct schema_ecma_reader *reader) {
    while (reader->at < reader->end && *reader->at != ']')
        reader->at += *reader->at == '\\' && reader->end - reader->at > 1 ? 2 : 1;
}

/* Searches the whole source, because a name may be used before its group. Returns the number of the
 * first group called `name`, or 0; without a name, the number of capturing groups. */
static size_t count_groups(const struct translation *it, const struct name *name) {
    struct schema_ecma_problem ignored;
    struct schema_ecma_reader all = it->reader;
    struct name found;
    size_t count = 0;
    all.at = all.source;
    all.problem = &ignored;
    while (all.at < all.end) {
        char byte = *all.at++;
        if (byte == '\\' && all.at < all.end)
            all.at++;
        else if (byte == '[')
            skip_class(&all);
        if (byte != '(')
            continue;
        bool named = all.end - all.at >= 3 && all.at[0] == '?' && all.at[1] == '<' &&
                     all.at[2] != '=' && all.at[2] != '!';
        if (named || all.at == all.end || *all.at != '?')
            count++;
        if (!named || name == NULL)
            continue;
        all.at += 2;
        if (take_name(&all, &found) && found.length == name->length &&
            memcmp(found.start, name->start, name->length) == 0)
            return count;
    }
    return name == NULL ? count : 0;
}

static bool push(struct translation *it, enum group group, const char *opening) {
    if (it->depth == LIMIT_PATTERN_GROUPS)
        return wrong(it, "groups are nested too deeply");
    it->open[it->depth++] = group;
    it->captured += strcmp(opening, "(") == 0;
    put(it, opening, false);
    return true;
}

/* Names become numbers, since PCRE2 takes fewer names than ECMA-262. */
static bool open_named_group(struct translation *it) {
    struct name name;
    if (!take_name(&it->reader, &name))
        return wrong(it, "the name of a group is malformed");
    if (count_groups(it, &name) != it->captured + 1)
        return wrong(it, "two groups have the same name");
    return push(it, GROUP, "(");
}

static bool open_group(struct translation *it) {
    if (!take(it, "?"))
        return push(it, GROUP, "(");
    if (take(it, ":"))
        return push(it, GROUP, "(?:");
    if (take(it, "="))
        return push(it, LOOKAHEAD, "(?=");
    if (take(it, "!"))
        return push(it, LOOKAHEAD, "(?!");
    if (take(it, "<="))
        return push(it, LOOKBEHIND, "(?<=");
    if (take(it, "<!"))
        return push(it, LOOKBEHIND, "(?<!");
    if (take(it, "<"))
        return open_named_group(it);
    return wrong(it, "unknown kind of group");
}

static bool close_group(struct translation *it) {
    if (it->depth == 0)
        return wrong(it, "a closing parenthesis without a group");
    put(it, ")", it->open[--it->depth] != LOOKBEHIND);
    return true;
}

/* Reads digits as a number, which stops growing once it is too large for any use. */
static bool take_number(struct schema_ecma_reader *reader, size_t *number) {
    const char *start = reader->at;
    for (*number = 0; reader->at < reader->end && isdigit((unsigned char)*reader->at); reader->at++)
        if (*number <= MOST_REPEATS)
            *number = *number * 10 + (size_t)(*reader->at - '0');
    return reader->at > start;
}

/* {n}, {n,} or {n,m}; anything else that begins with "{" is not taken. */
static bool take_braces(struct schema_ecma_reader *reader, size_t *least, size_t *most) {
    const char *start = reader->at;
    bool taken = schema_ecma_take(reader, "{") && take_number(reader, least);
    *most = *least;
    if (taken && schema_ecma_take(reader, ",") && !take_number(reader, most))
        *most = MOST_REPEATS;
    taken = taken && schema_ecma_take(reader, "}");
    if (!taken)
        reader->at = start;
    return taken;
}

/* Takes a quantifier; `*taken` tells whether there was one. */
static bool quantifier(struct translation *it, bool *taken) {
    const char *start = it->reader.at;
    size_t least = 0, most = 0;
    *taken =
        take(it, "*") || take(it, "+") || take(it, "?") || take_braces(&it->reader, &least, &most);
    if (!*taken)
        return true;
    if (!it->repeatable)
        return wrong(it, "nothing to repeat");
    if (least > MOST_REPEATS || most > MOST_REPEATS)
        return wrong(it, "more than 65535 repetitions");
    if (least > most)
        return wrong(it, "the bounds of a repetition are in the wrong order");
    take(it, "?");
    buffer_add(it->out, start, (size_t)(it->reader.at - start));
    it->repeatable = false;
    return true;
}

static bool back_reference(struct translation *it, size_t number) {
    if (number == 0 || number > count_groups(it, NULL))
        return wrong(it, "reference to a group that does not exist");
    buffer_add_format(it->out, "\\g{%zu}", number);
    it->repeatable = true;
    return true;
}

/* Rewrites what follows a backslash outside a class. */
static bool escape(struct translation *it) {
    const char *at = it->reader.at;
    if (take(it, "b") || take(it, "B")) {
        put(it, *at == 'b' ? "\\b" : "\\B", false);
        return true;
    }
    size_t number;
    if (at < it->reader.end && *at >= '1' && *at <= '9')
        return take_number(&it->reader, &number) && back_reference(it, number);
    struct name name;
    if (take(it, "k<"))
        return take_name(&it->reader, &name) ? back_reference(it, count_groups(it, &name))
                                             : wrong(it, "the name of a group is malformed");
    uint32_t point;
    enum schema_ecma_atom atom = schema_ecma_escape(&it->reader, false, it->out, &point);
    if (atom == SCHEMA_ECMA_CHARACTER)
        schema_ecma_put_character(it->out, point);
    it->repeatable = true;
    return atom != SCHEMA_ECMA_WRONG;
}

static bool next_term(struct translation *it) {
    bool taken;
    if (!quantifier(it, &taken))
        return false;
    if (taken)
        return true;
    if (take(it, "("))
        return open_group(it);
    if (take(it, ")"))
        return close_group(it);
    if (take(it, "\\"))
        return escape(it);
    it->repeatable = true;
    if (take(it, "["))
        return schema_ecma_class(&it->reader, it->out);
    if (take(it, "."))
        put(it, "[^\\n\\r\\x{2028}\\x{2029}]", true);
    else if (take(it, "|"))
        put(it, "|", false);
    else if (take(it, "^"))
        put(it, "^", false);
    else if (take(it, "$"))
        put(it, "\\z", false);
    else
        schema_ecma_put_character(it->out, schema_ecma_take_character(&it->reader));
    return true;
}

bool schema_ecma_translate(const char *source, size_t length, struct buffer *out,
                           struct schema_ecma_problem *problem) {
    struct translation it = {.reader = {source, source, source + length, problem}, .out = out};
    if (length > LIMIT_PATTERN)
        return wrong(&it, "it is too long");
    if (utf8_valid_prefix(source, length) != length)
        return wrong(&it, "it is not well-formed UTF-8");
    while (it.reader.at < it.reader.end)
        if (!next_term(&it))
            return false;
    return it.depth == 0 || wrong(&it, "a group is not closed");
}
