/* Entity tags (RFC 9110, 8.8.3). */
#include "http/etag.h"

#include <string.h>

enum { MOST_DIGITS = 18 }; /* so that a 64-bit integer holds it */

/* Moves *list over the next tag, without its mark of weakness: *tag and *length become its place
 * with its quotes. False at the end of the list. */
static bool next_tag(const char **list, const char **tag, size_t *length) {
    const char *at = *list + strspn(*list, " \t,");
    if (strncmp(at, "W/", 2) == 0)
        at += 2;
    *tag = at;
    *length = strcspn(at, " \t,");
    *list = at + *length;
    return *length > 0;
}

bool etag_matches(const char *wanted, const char *tag) {
    const char *found;
    size_t length;
    while (wanted != NULL && next_tag(&wanted, &found, &length))
        if (found[0] == '*' || (length == strlen(tag) && memcmp(found, tag, length) == 0))
            return true;
    return false;
}

static bool is_number(const char *tag, size_t length) {
    size_t digits = length - 2;
    return length > 2 && digits <= MOST_DIGITS && tag[0] == '"' && tag[1] != '0' &&
           strspn(tag + 1, "0123456789") == digits && tag[length - 1] == '"';
}

const char **etag_numbers(struct arena *arena, const char *wanted, size_t *count) {
    const char *at = wanted, *found;
    size_t length, tags = 0;
    while (at != NULL && next_tag(&at, &found, &length))
        tags++;
    const char **numbers = arena_alloc(arena, tags * sizeof *numbers);
    *count = 0;
    for (at = wanted; at != NULL && next_tag(&at, &found, &length);)
        if (is_number(found, length))
            numbers[(*count)++] = arena_copy(arena, found + 1, length - 2);
    return numbers;
}

/* The length of the entity tag at `tag` without its mark of weakness, 0 when there is none. */
static size_t opaque_length(const char *tag) {
    if (tag[0] != '"')
        return 0;
    for (size_t i = 1; tag[i] != '\0'; i++) {
        const unsigned char byte = (unsigned char)tag[i];
        if (byte == '"')
            return i + 1;
        if (byte <= ' ' || byte == 0x7f)
            return 0;
    }
    return 0;
}

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t");
}

bool etag_list_read(struct arena *arena, const char *text, struct etag_list *list) {
    const char *at = skip_blanks(text);
    *list = (struct etag_list){.any = at[0] == '*' && *skip_blanks(at + 1) == '\0'};
    if (list->any)
        return true;
    list->numbers = arena_alloc(arena, strlen(at) / 2 * sizeof *list->numbers);
    bool found = false, separated = true;
    for (; *(at = skip_blanks(at)) != '\0'; separated = at[-1] == ',') {
        if (at[0] == ',') {
            at++;
            continue;
        }
        const bool weak = strncmp(at, "W/", 2) == 0;
        const char *tag = weak ? at + 2 : at;
        const size_t length = opaque_length(tag);
        if (length == 0 || !separated)
            return false;
        if (!weak && is_number(tag, length))
            list->numbers[list->count++] = arena_copy(arena, tag + 1, length - 2);
        found = true;
        at = tag + length;
    }
    return found;
}
