/* Internet addresses. */
#include "schema/format_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* inet_pton() for a text without a NUL at its end. POSIX would allow it to accept leading zeros in
 * IPv4 addresses; glibc, musl and the BSDs do not. */
static bool is_address(int family, const char *text, size_t length) {
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (length >= sizeof copy || memchr(text, '\0', length) != NULL)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(family, copy, &address) == 1;
}

bool schema_address_is_ipv4(const char *text, size_t length) {
    return is_address(AF_INET, text, length);
}

bool schema_address_is_ipv6(const char *text, size_t length) {
    return is_address(AF_INET6, text, length);
}
