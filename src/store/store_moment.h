/* Moments of the past, as people name them. */
#ifndef DYNMOD_STORE_STORE_MOMENT_H
#define DYNMOD_STORE_STORE_MOMENT_H

#include <stdbool.h>

#include "base/memory.h"
#include "store/database.h"

/* How a time is written. */
enum store_time_form {
    STORE_TIME_ZONED, /* with its offset from UTC */
    STORE_TIME_LOCAL, /* in the time zone in which the database shows times */
    STORE_TIME_AGO,   /* an interval such as "2 hours ago" */
};

/* Reads a time of that form as the database understands it: *moment becomes that time in ISO 8601
 * with its offset, owned by the arena. Fails with FAULT_INPUT when it is no time, when the local
 * time zone has it twice or leaves it out as clocks are changed, and when it is still to come. */
bool store_read_moment(struct database *database, struct arena *arena, const char *text,
                       enum store_time_form form, const char **moment, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
