/* Counts by the minute that all processes of a user share, in a small file mapped into memory. */
#ifndef DYNMOD_BASE_COUNTERS_H
#define DYNMOD_BASE_COUNTERS_H

#include <stdint.h>

/* How often something has happened. Of two subjects that share a bucket, and of processes that
 * count at the same instant, one may be forgotten: these are limits, not accounts. */
struct count {
    uint32_t now;     /* in the present minute */
    uint32_t before;  /* in the last minute in which it happened at all, if that is known */
    uint32_t seconds; /* until the minute ends */
};

/* Counts `subject` once more, in the file `path`, or for "" in /dev/shm/dynmod-UID. A file that is
 * not there is made; where it cannot be used, because it belongs to somebody else, say, a line is
 * logged and the process counts for itself. */
struct count counters_add(const char *path, const char *subject) __attribute__((nonnull));
/* The same without counting. */
struct count counters_get(const char *path, const char *subject) __attribute__((nonnull));

#endif
