/* The time of day, and a clock for deadlines. */
#ifndef DYNMOD_BASE_CLOCK_H
#define DYNMOD_BASE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970-01-01T00:00:00Z. */
int64_t clock_now(void);
/* Milliseconds on a clock that never goes backwards, for deadlines. */
int64_t clock_milliseconds(void);
/* Microseconds on the same clock, to measure with. */
int64_t clock_microseconds(void);

#endif
