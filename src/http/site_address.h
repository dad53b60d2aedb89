/* The addresses of sites, by which requests find them. */
#ifndef DYNMOD_HTTP_SITE_ADDRESS_H
#define DYNMOD_HTTP_SITE_ADDRESS_H

#include "base/memory.h"

/* An address is what all ways to write a base URL have in common: "//", the host in lower case and
 * without a dot at its end, an IPv6 address in its shortest form, the port unless it is 80 or 443,
 * and the context path: "//jira.example.com:8080/jira". No name of a site looks like that. The
 * scheme is no part of it, since whoever ends TLS in front of the web server need not tell. The
 * database makes the same of base URLs, by dynmod.address(). */

/* The address of a host with or without a port, such as a Host header, and a context path, raw and
 * without a slash at its end. The arena owns it. NULL when there is no such host. */
const char *site_address(struct arena *arena, const char *authority, const char *context_path)
    __attribute__((nonnull, warn_unused_result));

/* What finds the site that an operator names: the address if `name` is a URL with http or https,
 * or begins with "//"; `name` itself otherwise. */
const char *site_address_of_name(struct arena *arena, const char *name)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
