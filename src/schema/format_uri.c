/* URI references and their resolution, RFC 3986. */
#include "schema/format_uri.h"

#include <ctype.h>
#include <string.h>

#include "base/buffer.h"
#include "schema/format_address.h"

/* A stretch of a text. */
struct part {
    const char *start;
    size_t length;
};

/* The five components; `start` is NULL where one is missing, but never for the path. */
struct components {
    struct part scheme, authority, path, query, fragment;
};

static struct part cut(const char **at, const char *end, const char *stops) {
    struct part part = {*at, 0};
    while (*at < end && (**at == '\0' || strchr(stops, **at) == NULL))
        (*at)++;
    part.length = (size_t)(*at - part.start);
    return part;
}

/* Splits as the regular expression in RFC 3986, appendix B does; any text can be split. */
static struct components split(const char *text, size_t length) {
    struct components uri = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    const char *end = text + length, *at = text;
    struct part scheme = cut(&at, end, ":/?#");
    if (at < end && *at == ':' && scheme.length > 0) {
        uri.scheme = scheme;
        at++;
    } else {
        at = text;
    }
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        at += 2;
        uri.authority = cut(&at, end, "/?#");
    }
    uri.path = cut(&at, end, "?#");
    if (at < end && *at == '?') {
        at++;
        uri.query = cut(&at, end, "#");
    }
    if (at < end)
        uri.fragment = (struct part){at + 1, (size_t)(end - at - 1)};
    return uri;
}

static bool is_alphanumeric(char byte) {
    return isascii(byte) && isalnum((unsigned char)byte);
}

/* Whether the part holds nothing but unreserved and sub-delims characters, percent-encoded
 * octets and characters of `more`. */
static bool holds_only(struct part part, const char *more) {
    for (size_t i = 0; i < part.length; i++) {
        char byte = part.start[i];
        if (byte == '%') {
            if (part.length - i < 3 || !isxdigit((unsigned char)part.start[i + 1]) ||
                !isxdigit((unsigned char)part.start[i + 2]))
                return false;
            i += 2;
        } else if (!is_alphanumeric(byte) &&
                   (byte == '\0' ||
                    (strchr("-._~!$&'()*+,;=", byte) == NULL && strchr(more, byte) == NULL))) {
            return false;
        }
    }
    return true;
}

static bool scheme_valid(struct part scheme) {
    if (scheme.length == 0 || !isascii(scheme.start[0]) || !isalpha((unsigned char)*scheme.start))
        return false;
    for (size_t i = 1; i < scheme.length; i++)
        if (!is_alphanumeric(scheme.start[i]) &&
            (scheme.start[i] == '\0' || strchr("+-.", scheme.start[i]) == NULL))
            return false;
    return true;
}

/* IPvFuture, RFC 3986, 3.2.2: "v", hexadecimal digits, ".", characters. */
static bool future_address_valid(struct part address) {
    if (address.length < 4 || (*address.start != 'v' && *address.start != 'V'))
        return false;
    size_t dot = 1;
    while (dot < address.length && isxdigit((unsigned char)address.start[dot]))
        dot++;
    if (dot == 1 || dot + 1 >= address.length || address.start[dot] != '.')
        return false;
    struct part rest = {address.start + dot + 1, address.length - dot - 1};
    return memchr(rest.start, '%', rest.length) == NULL && holds_only(rest, ":");
}

static bool host_valid(struct part host) {
    if (host.length == 0 || host.start[0] != '[')
        return holds_only(host, "");
    if (host.length < 2 || host.start[host.length - 1] != ']')
        return false;
    struct part inside = {host.start + 1, host.length - 2};
    return schema_address_is_ipv6(inside.start, inside.length) || future_address_valid(inside);
}

static bool authority_valid(struct part authority) {
    const char *at = memchr(authority.start, '@', authority.length);
    if (at != NULL) {
        struct part user = {authority.start, (size_t)(at - authority.start)};
        if (!holds_only(user, ":"))
            return false;
        authority.length -= user.length + 1;
        authority.start = at + 1;
    }
    struct part host = authority;
    while (host.length > 0 && isdigit((unsigned char)host.start[host.length - 1]))
        host.length--;
    if (host.length > 0 && host.start[host.length - 1] == ':')
        host.length--;
    else
        host = authority;
    return host_valid(host);
}

static bool components_valid(const struct components *uri) {
    return (uri->authority.start == NULL || authority_valid(uri->authority)) &&
           holds_only(uri->path, ":@/") &&
           (uri->query.start == NULL || holds_only(uri->query, ":@/?")) &&
           (uri->fragment.start == NULL || holds_only(uri->fragment, ":@/?"));
}

bool schema_uri_valid(const char *text, size_t length) {
    struct components uri = split(text, length);
    return uri.scheme.start != NULL && scheme_valid(uri.scheme) && components_valid(&uri);
}

bool schema_uri_reference_valid(const char *text, size_t length) {
    struct components uri = split(text, length);
    if (uri.scheme.start != NULL)
        return scheme_valid(uri.scheme) && components_valid(&uri);
    /* a text that begins with ":" has no scheme, and a path must not begin like that either */
    return (length == 0 || text[0] != ':') && components_valid(&uri);
}

static void add_part(struct buffer *uri, const char *before, struct part part, const char *after) {
    if (part.start == NULL)
        return;
    buffer_add_text(uri, before);
    buffer_add(uri, part.start, part.length);
    buffer_add_text(uri, after);
}

static bool is_segment(struct part segment, const char *text) {
    return segment.length == strlen(text) && memcmp(segment.start, text, segment.length) == 0;
}

/* Appends the path without "." and ".." segments (RFC 3986, 5.2.4); `root` is where it begins. */
static void add_path(struct buffer *uri, struct part path) {
    size_t root = uri->length;
    const char *at = path.start, *end = path.start + path.length;
    while (at < end) {
        const char *start = at;
        if (*at == '/')
            at++;
        struct part segment = cut(&at, end, "/");
        bool up = is_segment(segment, "..");
        if (!up && !is_segment(segment, ".")) {
            buffer_add(uri, start, (size_t)(at - start));
            continue;
        }
        while (up && uri->length > root && uri->bytes[--uri->length] != '/')
            continue;
        if (*start == '/' && at == end)
            buffer_add_byte(uri, '/');
        else if (*start != '/' && at < end)
            at++;
    }
}

/* Replaces what follows the last "/" of the base's path by a reference's path (RFC 3986, 5.2.3). */
static void merge(struct buffer *merged, const struct components *base, struct part path) {
    size_t keep = base->path.length;
    while (keep > 0 && base->path.start[keep - 1] != '/')
        keep--;
    if (base->authority.start != NULL && base->path.length == 0)
        buffer_add_byte(merged, '/');
    buffer_add(merged, base->path.start, keep);
    buffer_add(merged, path.start, path.length);
}

static void add_resolved(struct buffer *uri, const struct components *base,
                         const struct components *reference) {
    struct buffer merged;
    buffer_init(&merged, base->path.length + reference->path.length + 1);
    bool own_authority = reference->authority.start != NULL;
    bool own_path = own_authority || reference->path.length > 0;
    add_part(uri, "//", own_authority ? reference->authority : base->authority, "");
    if (own_authority || (own_path && reference->path.start[0] == '/')) {
        add_path(uri, reference->path);
    } else if (own_path) {
        merge(&merged, base, reference->path);
        add_path(uri, (struct part){buffer_text(&merged), merged.length});
    } else {
        add_part(uri, "", base->path, "");
    }
    bool own_query = own_path || reference->query.start != NULL;
    add_part(uri, "?", own_query ? reference->query : base->query, "");
    buffer_free(&merged);
}

char *schema_uri_resolve(struct arena *arena, const char *base, const char *reference) {
    struct components from = split(base, strlen(base));
    struct components to = split(reference, strlen(reference));
    struct buffer uri;
    buffer_init(&uri, strlen(base) + strlen(reference) + 8);
    if (to.scheme.start != NULL) {
        add_part(&uri, "", to.scheme, ":");
        add_part(&uri, "//", to.authority, "");
        add_path(&uri, to.path);
        add_part(&uri, "?", to.query, "");
    } else {
        add_part(&uri, "", from.scheme, ":");
        add_resolved(&uri, &from, &to);
    }
    return buffer_to_arena(&uri, arena);
}
