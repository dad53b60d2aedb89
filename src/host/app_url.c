/* Which URLs of apps the host may call, and at which addresses. */
#include "host/app_url.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "http/uri.h"

/* The parts of a URL that decide; never NULL. */
struct place {
    const char *scheme, *host, *port, *path;
    const char *origin; /* without the port if it is the scheme's own */
    bool path_is_plain; /* no segment has an encoded slash, which a server might take for one */
};

/* A part of the URL, "" when it has none; owned by the arena. */
static const char *part(struct arena *arena, CURLU *parsed, CURLUPart which, unsigned flags) {
    char *text = NULL;
    if (curl_url_get(parsed, which, &text, flags) != CURLUE_OK)
        return "";
    const char *copy = arena_text(arena, text);
    curl_free(text);
    return copy;
}

static bool has_slashes(const struct uri_path *path) {
    for (size_t i = 0; i < path->count; i++)
        if (strpbrk(path->segments[i], "/\\") != NULL)
            return true;
    return false;
}

static bool read_parts(struct arena *arena, CURLU *parsed, struct place *place) {
    struct uri_path path;
    *place = (struct place){
        .scheme = part(arena, parsed, CURLUPART_SCHEME, 0),
        .host = part(arena, parsed, CURLUPART_HOST, 0),
        .port = part(arena, parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT),
        .path = part(arena, parsed, CURLUPART_PATH, 0),
    };
    if ((strcasecmp(place->scheme, "http") != 0 && strcasecmp(place->scheme, "https") != 0) ||
        place->host[0] == '\0' || part(arena, parsed, CURLUPART_USER, 0)[0] != '\0' ||
        part(arena, parsed, CURLUPART_PASSWORD, 0)[0] != '\0' ||
        !uri_split_path(arena, place->path, &path))
        return false;
    const char *port = part(arena, parsed, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
    place->origin = arena_format(arena, "%s://%s%s%s", place->scheme, place->host,
                                 port[0] == '\0' ? "" : ":", port);
    place->path_is_plain = !has_slashes(&path);
    return true;
}

static bool read_place(struct arena *arena, const char *url, struct place *place) {
    for (const char *at = url; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return false;
    const char *colon = strchr(url, ':'); /* libcurl takes one to three slashes after it */
    if (colon == NULL || strncmp(colon, "://", 3) != 0 || colon[3] == '/')
        return false;
    CURLU *parsed = curl_url();
    bool ok = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
              read_parts(arena, parsed, place);
    curl_url_cleanup(parsed);
    return ok;
}

static bool lies_below(const struct place *place, const struct place *entry) {
    size_t length = strlen(entry->path);
    if (strcasecmp(place->scheme, entry->scheme) != 0 ||
        strcasecmp(place->host, entry->host) != 0 || strcmp(place->port, entry->port) != 0)
        return false;
    if (length == 1)
        return true;
    return place->path_is_plain && strncmp(place->path, entry->path, length) == 0 &&
           (entry->path[length - 1] == '/' || place->path[length] == '\0' ||
            place->path[length] == '/');
}

/* Applies one entry of allowed_app_urls. */
static bool apply_entry(struct arena *arena, const char *entry, const struct place *place,
                        struct app_url_reach *reach, struct fault *fault) {
    if (strcmp(entry, "public") == 0) {
        reach->public_addresses |= strcasecmp(place->scheme, "https") == 0;
        return true;
    }
    struct place allowed;
    if (strpbrk(entry, "?#") != NULL || !read_place(arena, entry, &allowed))
        return fault_set(fault, FAULT_INPUT,
                         "allowed_app_urls has the entry \"%s\", which is neither public nor the "
                         "beginning of an http or https URL with its host",
                         entry);
    reach->any_address |= lies_below(place, &allowed);
    return true;
}

static bool apply_entries(struct arena *arena, const char *entries, const struct place *place,
                          struct app_url_reach *reach, struct fault *fault) {
    static const char blanks[] = " \t";
    for (const char *at = entries + strspn(entries, blanks); *at != '\0';
         at += strspn(at, blanks)) {
        size_t length = strcspn(at, blanks);
        if (!apply_entry(arena, arena_copy(arena, at, length), place, reach, fault))
            return false;
        at += length;
    }
    return true;
}

bool app_url_check(struct arena *arena, const struct config *config, const char *url,
                   struct app_url_reach *reach, struct fault *fault) {
    struct place place;
    if (!read_place(arena, url, &place))
        return fault_set(fault, FAULT_INPUT,
                         "the URL of an app must begin with http:// or https:// and a host, "
                         "without user name and password, and have a path that can be decoded");
    *reach = (struct app_url_reach){
        .origin = place.origin,
        .loopback = config->development,
    };
    if (!apply_entries(arena, config->allowed_app_urls, &place, reach, fault))
        return false;
    return reach->any_address || reach->public_addresses || reach->loopback ||
           fault_set(fault, FAULT_REFUSED,
                     "%s may not be called: the option allowed_app_urls is \"%s\"%s", reach->origin,
                     config->allowed_app_urls,
                     strcasecmp(place.scheme, "http") == 0 ? ", where public stands for https only"
                                                           : "");
}

/* The addresses that agree with `bytes` in the first `bits`. */
struct block {
    unsigned char bytes[16];
    unsigned bits;
};

/* https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast (RFC 5771) */
static const struct block special_ipv4[] = {
    {{0}, 8},             /* this network, and unspecified */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* carrier-grade NAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* IETF protocols */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* relays of 6to4 */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 3},           /* multicast, reserved and broadcast */
};

/* https://www.iana.org/assignments/iana-ipv6-special-registry, within global_ipv6 */
static const struct block special_ipv6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* IETF protocols, among them Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static const struct block global_ipv6 = {{0x20}, 3}; /* RFC 4291, 2.4 */
static const struct block mapped = {{[10] = 0xff, 0xff}, 96};
static const struct block nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
static const struct block loopback_ipv4 = {{127}, 8};
static const struct block loopback_ipv6 = {{[15] = 1}, 128};

enum { MAPPED_AT = 12 }; /* where the IPv4 address begins in an IPv6 one */

static bool is_in(const unsigned char *address, const struct block *block) {
    unsigned whole = block->bits / 8, rest = block->bits % 8;
    return memcmp(address, block->bytes, whole) == 0 &&
           (rest == 0 || (address[whole] ^ block->bytes[whole]) >> (8 - rest) == 0);
}

static bool is_in_one_of(const unsigned char *address, const struct block *blocks, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (is_in(address, &blocks[i]))
            return true;
    return false;
}

static bool allows_ipv4(const struct app_url_reach *reach, const unsigned char *address) {
    return (reach->loopback && is_in(address, &loopback_ipv4)) ||
           (reach->public_addresses &&
            !is_in_one_of(address, special_ipv4, sizeof special_ipv4 / sizeof special_ipv4[0]));
}

static bool allows_ipv6(const struct app_url_reach *reach, const unsigned char *address) {
    if (is_in(address, &mapped) || is_in(address, &nat64))
        return allows_ipv4(reach, address + MAPPED_AT);
    return (reach->loopback && is_in(address, &loopback_ipv6)) ||
           (reach->public_addresses && is_in(address, &global_ipv6) &&
            !is_in_one_of(address, special_ipv6, sizeof special_ipv6 / sizeof special_ipv6[0]));
}

bool app_url_allows(const struct app_url_reach *reach, const struct sockaddr *address) {
    const void *any = address;
    const struct sockaddr_in *ipv4 = any;
    const struct sockaddr_in6 *ipv6 = any;
    if (reach->any_address)
        return true;
    if (address->sa_family == AF_INET)
        return allows_ipv4(reach, (const unsigned char *)&ipv4->sin_addr);
    return address->sa_family == AF_INET6 && allows_ipv6(reach, ipv6->sin6_addr.s6_addr);
}
