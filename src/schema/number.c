/* JSON numbers as exact decimals of any length. */
#include "schema/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

/* Exponents stop growing here, so that their sums do not overflow. */
enum { EXPONENT_CEILING = 1000 * 1000 * 1000 };

static const char digits[] = "0123456789";

static bool read_exponent(const char **at, int64_t *exponent) {
    *exponent = 0;
    if (**at != 'e' && **at != 'E')
        return true;
    (*at)++;
    bool negative = **at == '-';
    if (**at == '-' || **at == '+')
        (*at)++;
    size_t count = strspn(*at, digits);
    for (size_t i = 0; i < count && *exponent < EXPONENT_CEILING; i++)
        *exponent = *exponent * 10 + ((*at)[i] - '0');
    if (negative)
        *exponent = -*exponent;
    *at += count;
    return count > 0;
}

static size_t count_digits(const struct schema_number *number) {
    return number->whole_count + number->fraction_count;
}

/* Drops the zeros at both ends; each one dropped at the end raises the exponent. */
static void trim(struct schema_number *number) {
    number->exponent -= (int64_t)number->fraction_count;
    while (number->whole_count > 0 && *number->whole == '0') {
        number->whole++;
        number->whole_count--;
    }
    while (number->whole_count == 0 && number->fraction_count > 0 && *number->fraction == '0') {
        number->fraction++;
        number->fraction_count--;
    }
    while (number->fraction_count > 0 && number->fraction[number->fraction_count - 1] == '0') {
        number->fraction_count--;
        number->exponent++;
    }
    while (number->fraction_count == 0 && number->whole_count > 0 &&
           number->whole[number->whole_count - 1] == '0') {
        number->whole_count--;
        number->exponent++;
    }
    if (count_digits(number) == 0) {
        number->exponent = 0;
        number->negative = false;
    }
}

bool schema_number_parse(const char *text, struct schema_number *number) {
    number->source = text;
    number->negative = *text == '-';
    if (number->negative)
        text++;
    number->whole = text;
    number->whole_count = strspn(text, digits);
    text += number->whole_count;
    number->fraction = text;
    number->fraction_count = 0;
    if (*text == '.') {
        number->fraction = text + 1;
        number->fraction_count = strspn(text + 1, digits);
        text += 1 + number->fraction_count;
    }
    if (number->whole_count == 0 || !read_exponent(&text, &number->exponent) || *text != '\0')
        return false;
    trim(number);
    return true;
}

bool schema_number_read(struct json_object *value, struct schema_number *number) {
    if (!json_object_is_type(value, json_type_int))
        return schema_number_parse(json_object_to_json_string(value), number);
    /* json-c returns INT64_MAX for all greater integers */
    int64_t integer = json_object_get_int64(value);
    if (integer == INT64_MAX)
        snprintf(number->text, sizeof number->text, "%" PRIu64, json_object_get_uint64(value));
    else
        snprintf(number->text, sizeof number->text, "%" PRId64, integer);
    return schema_number_parse(number->text, number);
}

/* The digit at `index`, counted from the first significant one; after the last come zeros. */
static char digit_at(const struct schema_number *number, size_t index) {
    if (index < number->whole_count)
        return number->whole[index];
    index -= number->whole_count;
    return index < number->fraction_count ? number->fraction[index] : '0';
}

static int compare_magnitudes(const struct schema_number *a, const struct schema_number *b) {
    size_t a_count = count_digits(a), b_count = count_digits(b);
    if (a_count == 0 || b_count == 0)
        return (a_count > 0) - (b_count > 0);
    int64_t a_top = a->exponent + (int64_t)a_count, b_top = b->exponent + (int64_t)b_count;
    if (a_top != b_top)
        return a_top < b_top ? -1 : 1;
    for (size_t i = 0; i < a_count || i < b_count; i++) {
        int difference = digit_at(a, i) - digit_at(b, i);
        if (difference != 0)
            return difference;
    }
    return 0;
}

int schema_number_compare(const struct schema_number *a, const struct schema_number *b) {
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

bool schema_number_is_integer(const struct schema_number *number) {
    return number->exponent >= 0;
}

bool schema_number_is_zero(const struct schema_number *number) {
    return count_digits(number) == 0;
}

/* The remainder in a long division, most significant digit first. It has one digit more than the
 * divisor, to hold the digit that was just brought down. */
struct remainder {
    signed char digits[LIMIT_JSON_NUMBER + 1];
    size_t count;
};

static bool is_below(const struct remainder *remainder, const struct schema_number *divisor) {
    if (remainder->digits[0] != 0)
        return false;
    for (size_t i = 1; i < remainder->count; i++) {
        int difference = remainder->digits[i] - (digit_at(divisor, i - 1) - '0');
        if (difference != 0)
            return difference < 0;
    }
    return false;
}

static void subtract(struct remainder *remainder, const struct schema_number *divisor) {
    int borrow = 0;
    for (size_t i = remainder->count; i-- > 0;) {
        int difference = remainder->digits[i] - borrow;
        if (i > 0)
            difference -= digit_at(divisor, i - 1) - '0';
        borrow = difference < 0;
        remainder->digits[i] = (signed char)(difference + borrow * 10);
    }
}

static void bring_down(struct remainder *remainder, const struct schema_number *divisor,
                       char digit) {
    memmove(remainder->digits, remainder->digits + 1, remainder->count - 1);
    remainder->digits[remainder->count - 1] = (signed char)(digit - '0');
    while (!is_below(remainder, divisor))
        subtract(remainder, divisor);
}

/* Both are integers times powers of ten. The number's digits do not end in zero, so a step with a
 * higher power of ten never divides it. A step of d digits has fewer than 4d factors of 2 and of 5,
 * so more than 4d zeros appended to the number make no difference. */
bool schema_number_is_multiple(const struct schema_number *number,
                               const struct schema_number *step) {
    size_t count = count_digits(number);
    if (count == 0)
        return true;
    if (number->exponent < step->exponent)
        return false;
    struct remainder remainder = {.count = count_digits(step) + 1};
    size_t most = 4 * count_digits(step);
    int64_t tens = number->exponent - step->exponent;
    size_t zeros = tens < (int64_t)most ? (size_t)tens : most;
    for (size_t i = 0; i < count + zeros; i++)
        bring_down(&remainder, step, digit_at(number, i));
    for (size_t i = 0; i < remainder.count; i++)
        if (remainder.digits[i] != 0)
            return false;
    return true;
}
