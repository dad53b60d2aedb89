/* Lists of addresses and networks, such as "127.0.0.1 10.0.0.0/8, ::1". */
#ifndef DYNMOD_BASE_NETWORKS_H
#define DYNMOD_BASE_NETWORKS_H

#include <stdbool.h>

/* Whether each item of the list, which spaces or commas separate, is an IPv4 or IPv6 address,
 * maybe with "/" and the length of its prefix. */
bool networks_are_valid(const char *list) __attribute__((nonnull));

/* Whether `address`, NULL for none, is in one of them. IPv4 addresses mapped to IPv6 are what they
 * stand for. */
bool networks_contain(const char *list, const char *address) __attribute__((nonnull(1)));

#endif
