/* JSON numbers as exact decimals of any length. */
#ifndef DYNMOD_SCHEMA_NUMBER_H
#define DYNMOD_SCHEMA_NUMBER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The significant digits, those before and those after the decimal point, without zeros at either
 * end; zero has none. They point into the text that was read. */
struct schema_number {
    const char *source; /* as written, for people; NUL-terminated */
    const char *whole;
    size_t whole_count;
    const char *fraction;
    size_t fraction_count;
    int64_t exponent; /* the power of ten that the last digit counts for */
    bool negative;    /* never set for zero */
    char text[24];    /* the source of an integer, for which this struct must not be copied */
};

/* Reads the JSON number `text` (RFC 8259, 6), which must outlive `number`. False when it is
 * something else, such as NaN or Infinity. */
bool schema_number_parse(const char *text, struct schema_number *number) __attribute__((nonnull));
/* Reads a json-c number; one that is not an integer, from the text that json-c parsed, if it did.
 * False for NaN and infinity. Valid until `value` is changed, printed in another way or freed. */
bool schema_number_read(struct json_object *value, struct schema_number *number)
    __attribute__((nonnull));
/* Less than, equal to or greater than 0 as `a` is to `b`. */
int schema_number_compare(const struct schema_number *a, const struct schema_number *b)
    __attribute__((nonnull));
bool schema_number_is_integer(const struct schema_number *number) __attribute__((nonnull));
bool schema_number_is_zero(const struct schema_number *number) __attribute__((nonnull));
/* Whether `number` divided by `step` is an integer. `step` is not zero and was read from at most
 * LIMIT_JSON_NUMBER characters. */
bool schema_number_is_multiple(const struct schema_number *number, const struct schema_number *step)
    __attribute__((nonnull));

#endif
