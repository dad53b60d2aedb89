/* Which URLs of apps the host may call, and at which addresses. */
#ifndef DYNMOD_HOST_APP_URL_H
#define DYNMOD_HOST_APP_URL_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/config.h"
#include "base/fault.h"
#include "base/memory.h"

/* The addresses at which a URL may be called. */
struct app_url_reach {
    const char *origin;    /* scheme, host and port of the URL, for messages; owned by the arena */
    bool any_address;      /* allowed_app_urls has an entry with which the URL begins */
    bool public_addresses; /* allowed_app_urls has "public", and the URL is https */
    bool loopback;         /* development is on */
};

/* Fills in where `url` may lead by the options allowed_app_urls and development. Fails with
 * FAULT_REFUSED when no address is left, and with FAULT_INPUT when it is not an absolute http or
 * https URL, has user information, control characters or a path that cannot be decoded, or when
 * an entry of allowed_app_urls is wrong. An entry is compared with the URL as libcurl sends it,
 * without dot segments (RFC 3986, 5.2.4), and up to the end of a host, port or segment. */
bool app_url_check(struct arena *arena, const struct config *config, const char *url,
                   struct app_url_reach *reach, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Whether the reach covers an IPv4 or IPv6 address. Public are those that the IANA registries of
 * special-purpose addresses (RFC 6890) do not set aside; an IPv4 address within an IPv6 one, mapped
 * or behind NAT64 (RFC 6052), counts as itself. */
bool app_url_allows(const struct app_url_reach *reach, const struct sockaddr *address)
    __attribute__((nonnull, pure));

#endif
