/* Dates and times of the internet, RFC 3339. */
#include "schema/format_time.h"

#include <ctype.h>

enum { DATE_LENGTH = 10, DAY_MINUTES = 24 * 60 };

/* Reads `count` digits as a number from `least` to `most`. */
static bool take_number(const char **at, const char *end, int count, int least, int most,
                        int *number) {
    *number = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (*at == end || !isdigit((unsigned char)**at))
            return false;
        *number = *number * 10 + (**at - '0');
    }
    return *number >= least && *number <= most;
}

static bool take_byte(const char **at, const char *end, const char *allowed) {
    if (*at == end || (**at != allowed[0] && **at != allowed[1]))
        return false;
    (*at)++;
    return true;
}

static int days_of(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool schema_time_is_date(const char *text, size_t length) {
    const char *at = text, *end = text + length;
    int year, month, day;
    return take_number(&at, end, 4, 0, 9999, &year) && take_byte(&at, end, "--") &&
           take_number(&at, end, 2, 1, 12, &month) && take_byte(&at, end, "--") &&
           take_number(&at, end, 2, 1, days_of(year, month), &day) && at == end;
}

static bool take_clock(const char **at, const char *end, int *minutes) {
    int hour, minute;
    if (!take_number(at, end, 2, 0, 23, &hour) || !take_byte(at, end, "::") ||
        !take_number(at, end, 2, 0, 59, &minute))
        return false;
    *minutes = hour * 60 + minute;
    return true;
}

static bool take_fraction(const char **at, const char *end) {
    if (!take_byte(at, end, ".."))
        return true;
    const char *start = *at;
    while (*at < end && isdigit((unsigned char)**at))
        (*at)++;
    return *at > start;
}

/* Reads "Z", or a sign and a clock time, as minutes east of UTC. */
static bool take_offset(const char **at, const char *end, int *minutes) {
    *minutes = 0;
    if (take_byte(at, end, "Zz"))
        return true;
    bool west = *at < end && **at == '-';
    if (!take_byte(at, end, "+-") || !take_clock(at, end, minutes))
        return false;
    *minutes = west ? -*minutes : *minutes;
    return true;
}

bool schema_time_is_time(const char *text, size_t length) {
    const char *at = text, *end = text + length;
    int minutes, second, offset;
    if (!take_clock(&at, end, &minutes) || !take_byte(&at, end, "::") ||
        !take_number(&at, end, 2, 0, 60, &second) || !take_fraction(&at, end) ||
        !take_offset(&at, end, &offset) || at != end)
        return false;
    return second < 60 || (minutes - offset + DAY_MINUTES) % DAY_MINUTES == DAY_MINUTES - 1;
}

bool schema_time_is_date_time(const char *text, size_t length) {
    return length > DATE_LENGTH && schema_time_is_date(text, DATE_LENGTH) &&
           (text[DATE_LENGTH] == 'T' || text[DATE_LENGTH] == 't') &&
           schema_time_is_time(text + DATE_LENGTH + 1, length - DATE_LENGTH - 1);
}
