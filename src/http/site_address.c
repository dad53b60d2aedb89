/* The addresses of sites, by which requests find them. */
#include "http/site_address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static const char digits[] = "0123456789";
static const char host_bytes[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

/* The host in lower case and without a dot at its end; NULL when that leaves nothing. */
static const char *lower_name(struct arena *arena, const char *host, size_t length) {
    if (length > LIMIT_HOST)
        return NULL;
    if (length > 0 && host[length - 1] == '.')
        length--;
    if (length == 0)
        return NULL;
    char *name = arena_copy(arena, host, length);
    for (size_t i = 0; i < length; i++)
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] = (char)(name[i] - 'A' + 'a');
    return name;
}

/* The IPv6 address between the brackets of `host` in its shortest form; NULL when it is none. */
static const char *short_ipv6(struct arena *arena, const char *host, size_t length) {
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    if (length < sizeof "[]" || host[length - 1] != ']' ||
        inet_pton(AF_INET6, arena_copy(arena, host + 1, length - 2), &address) != 1)
        return NULL;
    inet_ntop(AF_INET6, &address, text, sizeof text);
    return arena_format(arena, "[%s]", text);
}

/* Reads what follows the host: nothing, or ":" and a port of up to five digits or none. *port
 * becomes 0 for what http and https leave out. */
static bool read_port(const char *text, long *port) {
    *port = 0;
    if (text[0] == '\0')
        return true;
    size_t length = strspn(text + 1, digits);
    if (text[0] != ':' || text[1 + length] != '\0' || length > 5)
        return false;
    long number = length == 0 ? 80 : strtol(text + 1, NULL, 10);
    *port = number == 80 || number == 443 ? 0 : number;
    return number > 0 && number <= 65535;
}

const char *site_address(struct arena *arena, const char *authority, const char *context_path) {
    const char *host;
    size_t length;
    long port;
    if (authority[0] == '[') {
        length = 1 + strspn(authority + 1, "0123456789abcdefABCDEF:.");
        length += authority[length] == ']';
        host = short_ipv6(arena, authority, length);
    } else {
        length = strspn(authority, host_bytes);
        host = lower_name(arena, authority, length);
    }
    if (host == NULL || !read_port(authority + length, &port))
        return NULL;
    return port == 0 ? arena_format(arena, "//%s%s", host, context_path)
                     : arena_format(arena, "//%s:%ld%s", host, port, context_path);
}

const char *site_address_of_name(struct arena *arena, const char *name) {
    static const char *const beginnings[] = {"http://", "https://", "//"};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        size_t start = strlen(beginnings[i]);
        if (strncmp(name, beginnings[i], start) != 0)
            continue;
        const char *path = strchrnul(name + start, '/');
        size_t end = strlen(path);
        while (end > 0 && path[end - 1] == '/')
            end--;
        const char *address =
            site_address(arena, arena_copy(arena, name + start, (size_t)(path - name) - start),
                         arena_copy(arena, path, end));
        return address != NULL ? address : name;
    }
    return name;
}
