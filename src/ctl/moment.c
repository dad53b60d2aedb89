/* The moment that --at names. */
#include "ctl/moment.h"

#include <regex.h>
#include <stddef.h>

#include "store/store_moment.h"

#define CLOCK "[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?"
#define DATE "[0-9]{4}-[0-9]{2}-[0-9]{2}"

/* PostgreSQL reads more than these; but in "10/11/2026" the day may be either number, "UTC+3" is
 * west of Greenwich, and a date alone is the moment at which the day begins. */
static const struct {
    const char *pattern;
    enum store_time_form form;
} forms[] = {
    {"^" DATE "[T ]" CLOCK " ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$", STORE_TIME_ZONED},
    {"^(" DATE "[T ]|today |yesterday )" CLOCK "$", STORE_TIME_LOCAL},
    {"^[0-9]{1,6} (second|minute|hour|day|week)s? ago$", STORE_TIME_AGO},
};

static bool matches(const char *text, const char *pattern) {
    regex_t expression;
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
        return false;
    bool found = regexec(&expression, text, 0, NULL, 0) == 0;
    regfree(&expression);
    return found;
}

bool moment_read(struct invocation *invocation, const char **moment, struct fault *fault) {
    const char *text = invocation->values[OPTION_AT];
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (matches(text, forms[i].pattern))
            return store_read_moment(invocation->database, invocation->arena, text, forms[i].form,
                                     moment, fault);
    return invocation_misuse(
        invocation, fault,
        "--at needs a date and a time, such as \"2026-10-01 08:30\", 2026-10-01T08:30:00+02:00, "
        "\"yesterday 14:00\" or \"2 hours ago\"");
}
