/* The time of day as a value that tests can set. */
#ifndef DYNMOD_BASE_CLOCK_H
#define DYNMOD_BASE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970-01-01T00:00:00Z. */
int64_t clock_now(void);
/* Milliseconds of a clock that never goes back, for deadlines. */
int64_t clock_milliseconds(void);

#endif
