/* Lists of addresses and networks, such as "127.0.0.1 10.0.0.0/8, ::1". */
#include "base/networks.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATORS " \t,"

enum { ITEM_SIZE = 64, BITS = 128, MAPPED_BITS = 96 /* of IPv4 mapped to IPv6 */ };

struct network {
    struct in6_addr address;
    long bits; /* of its prefix */
};

/* Reads an address; *first is the number of bits before it, which IPv4 addresses do not have. */
static bool read_address(const char *text, struct in6_addr *address, long *first) {
    struct in_addr ipv4;
    *first = 0;
    if (inet_pton(AF_INET6, text, address) == 1)
        return true;
    if (inet_pton(AF_INET, text, &ipv4) != 1)
        return false;
    *first = MAPPED_BITS;
    *address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&address->s6_addr[MAPPED_BITS / 8], &ipv4, sizeof ipv4);
    return true;
}

/* Reads the item at *list and moves behind it. */
static bool read_network(const char **list, struct network *network) {
    char item[ITEM_SIZE] = "";
    size_t length = strcspn(*list, SEPARATORS);
    if (length >= sizeof item)
        return false;
    memcpy(item, *list, length);
    *list += length;
    char *slash = strchr(item, '/'), *end = NULL;
    if (slash != NULL)
        *slash = '\0';
    long first;
    if (!read_address(item, &network->address, &first))
        return false;
    network->bits = BITS;
    if (slash == NULL)
        return true;
    long bits = strtol(slash + 1, &end, 10);
    if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > BITS - first)
        return false;
    network->bits = first + bits;
    return true;
}

static bool is_in(const struct network *network, const struct in6_addr *address) {
    size_t whole = (size_t)network->bits / 8;
    unsigned rest = (unsigned)network->bits % 8;
    if (memcmp(&network->address, address, whole) != 0)
        return false;
    return rest == 0 ||
           ((network->address.s6_addr[whole] ^ address->s6_addr[whole]) >> (8 - rest)) == 0;
}

static const char *next_item(const char *list) {
    return list + strspn(list, SEPARATORS);
}

bool networks_are_valid(const char *list) {
    struct network network;
    for (list = next_item(list); *list != '\0'; list = next_item(list))
        if (!read_network(&list, &network))
            return false;
    return true;
}

bool networks_contain(const char *list, const char *address) {
    struct in6_addr wanted;
    struct network network;
    long first;
    if (address == NULL || !read_address(address, &wanted, &first))
        return false;
    for (list = next_item(list); *list != '\0'; list = next_item(list))
        if (read_network(&list, &network) && is_in(&network, &wanted))
            return true;
    return false;
}
