/* Bytes in several places that are written at once, as writev() takes them. */
#include "gateway/parts.h"

size_t parts_length(const struct iovec *parts, size_t count) {
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += parts[i].iov_len;
    return length;
}

void parts_skip(struct iovec *parts, size_t count, size_t length) {
    for (size_t i = 0; i < count; i++) {
        size_t part = length < parts[i].iov_len ? length : parts[i].iov_len;
        parts[i].iov_base = (char *)parts[i].iov_base + part;
        parts[i].iov_len -= part;
        length -= part;
    }
}
