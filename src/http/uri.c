/* Request targets and their paths, as in RFC 3986 and RFC 9112. */
#include "http/uri.h"

#include <string.h>
#include <strings.h>

#include "base/percent.h"
#include "base/utf8.h"

/* What follows the authority of a target in absolute form; any other target unchanged. */
static const char *without_authority(const char *target) {
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i]);
        if (strncasecmp(target, schemes[i], length) == 0)
            return target + length + strcspn(target + length, "/?");
    }
    return target;
}

bool uri_split_target(struct arena *arena, const char *target, struct uri_target *parts,
                      struct fault *fault) {
    if (strlen(target) > LIMIT_TARGET)
        return fault_set(fault, FAULT_INPUT, "the request target is longer than %d bytes",
                         LIMIT_TARGET);
    const char *rest = without_authority(target);
    size_t path_length = strcspn(rest, "?");
    /* RFC 9112, 3.2.1: an empty path is sent as "/" */
    parts->path = path_length == 0 ? "/" : arena_copy(arena, rest, path_length);
    parts->query = rest[path_length] == '?' ? arena_text(arena, rest + path_length + 1) : NULL;
    return true;
}

static bool segment_is_usable(const char *segment, size_t length) {
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)segment[i] < 0x20 || segment[i] == 0x7f)
            return false;
    return strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0 &&
           utf8_valid_prefix(segment, length) == length;
}

bool uri_split_path(struct arena *arena, const char *path, struct uri_path *parts) {
    if (path[0] != '/')
        return false;
    size_t count = 0;
    for (const char *at = path; *at != '\0'; at++)
        count += *at == '/';
    parts->segments = arena_alloc(arena, count * sizeof *parts->segments);
    parts->count = count;
    const char *start = path + 1;
    for (size_t i = 0; i < count; i++) {
        size_t raw_length = strcspn(start, "/");
        size_t length = 0;
        const char *segment = percent_decode(arena, start, raw_length, &length);
        if (segment == NULL || !segment_is_usable(segment, length))
            return false;
        parts->segments[i] = segment;
        start += raw_length + 1;
    }
    return true;
}
