/* Bytes in several places that are written at once, as writev() takes them. */
#ifndef DYNMOD_GATEWAY_PARTS_H
#define DYNMOD_GATEWAY_PARTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* The bytes as a part; what writes parts does not change them. */
static inline struct iovec part_of(const void *bytes, size_t length) {
    return (struct iovec){(void *)(uintptr_t)bytes, length};
}

/* How many bytes the parts have. */
size_t parts_length(const struct iovec *parts, size_t count) __attribute__((nonnull));

/* Takes away the first `length` bytes, which have been written. */
void parts_skip(struct iovec *parts, size_t count, size_t length) __attribute__((nonnull));

#endif
