/* The base URLs of sites, as operators write them. */
#include "host/site_url.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "schema/format_hostname.h"

static bool is_ascii(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!isascii((unsigned char)text[i]))
            return false;
    return true;
}

const char *site_url_ascii(struct arena *arena, const char *url) {
    const char *host = strstr(url, "://");
    if (host == NULL)
        return url;
    host += strlen("://");
    size_t length = strcspn(host, ":/?#");
    if (is_ascii(host, length))
        return url;
    const char *ascii = schema_hostname_ascii(arena, arena_copy(arena, host, length));
    return ascii == NULL
               ? url
               : arena_format(arena, "%.*s%s%s", (int)(host - url), url, ascii, host + length);
}
