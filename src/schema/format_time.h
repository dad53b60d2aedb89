/* Dates and times of the internet, RFC 3339. */
#ifndef DYNMOD_SCHEMA_FORMAT_TIME_H
#define DYNMOD_SCHEMA_FORMAT_TIME_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text is a full-date of RFC 3339, 5.6, and exists in the calendar. */
bool schema_time_is_date(const char *text, size_t length) __attribute__((nonnull));
/* Whether the text is a full-time of RFC 3339, 5.6, with a second 60 only at 23:59 UTC. */
bool schema_time_is_time(const char *text, size_t length) __attribute__((nonnull));
/* Whether the text is a date-time of RFC 3339, 5.6: the two above joined by "T". */
bool schema_time_is_date_time(const char *text, size_t length) __attribute__((nonnull));

#endif
