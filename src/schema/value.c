/* JSON values as JSON Schema sees them: their types and when two are equal. */
#include "schema/value.h"

#include <string.h>

#include "base/limits.h"
#include "schema/number.h"

static const struct {
    enum schema_type type;
    const char *name;
    const char *phrase;
} types[] = {
    {SCHEMA_STRING, "string", "a string"},
    {SCHEMA_NUMBER, "number", "a number"},
    {SCHEMA_INTEGER, "integer", "an integer"},
    {SCHEMA_BOOLEAN, "boolean", "a boolean"},
    {SCHEMA_OBJECT, "object", "an object"},
    {SCHEMA_ARRAY, "array", "an array"},
    {SCHEMA_NULL, "null", "null"},
};

enum { TYPE_COUNT = sizeof types / sizeof *types };

enum schema_type schema_value_type(struct json_object *value) {
    switch (json_object_get_type(value)) {
    case json_type_null:
        return SCHEMA_NULL;
    case json_type_boolean:
        return SCHEMA_BOOLEAN;
    case json_type_double:
    case json_type_int:
        return SCHEMA_NUMBER;
    case json_type_string:
        return SCHEMA_STRING;
    case json_type_array:
        return SCHEMA_ARRAY;
    case json_type_object:
        break;
    }
    return SCHEMA_OBJECT;
}

unsigned schema_value_type_named(const char *name) {
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return 0;
}

bool schema_value_is_integer(struct json_object *value) {
    struct schema_number number;
    return json_object_is_type(value, json_type_int) ||
           (json_object_is_type(value, json_type_double) && schema_number_read(value, &number) &&
            schema_number_is_integer(&number));
}

bool schema_value_is_of(struct json_object *value, unsigned mask) {
    return (schema_value_type(value) & mask) != 0 ||
           ((mask & SCHEMA_INTEGER) != 0 && schema_value_is_integer(value));
}

static int compare_sizes(size_t a, size_t b) {
    return (a > b) - (a < b);
}

/* NaN and infinity, which are not numbers in JSON, count as greater than all numbers. */
static int compare_numbers(struct json_object *a, struct json_object *b) {
    struct schema_number left, right;
    bool left_read = schema_number_read(a, &left), right_read = schema_number_read(b, &right);
    if (!left_read || !right_read)
        return left_read ? -1 : right_read;
    return schema_number_compare(&left, &right);
}

static int compare_strings(struct json_object *a, struct json_object *b) {
    size_t a_length = (size_t)json_object_get_string_len(a);
    size_t b_length = (size_t)json_object_get_string_len(b);
    int order = compare_sizes(a_length, b_length);
    return order != 0 ? order
                      : memcmp(json_object_get_string(a), json_object_get_string(b), a_length);
}

static int compare_arrays(struct json_object *a, struct json_object *b) {
    size_t count = json_object_array_length(a);
    int order = compare_sizes(count, json_object_array_length(b));
    for (size_t i = 0; order == 0 && i < count; i++)
        order =
            schema_value_compare(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i));
    return order;
}

/* Objects are ordered by the first name, in the order of names, at which they differ. It is found
 * without sorting: the least name in `a` whose value is different in `b` or missing there. Both
 * have equally many members, so they are equal if there is no such name; and if `b` has a lesser
 * name that `a` lacks, the search the other way round finds it. */
static const char *first_difference(struct json_object *a, struct json_object *b, int *order) {
    const char *first = NULL;
    json_object_object_foreach(a, name, value) {
        if (first != NULL && strcmp(name, first) > 0)
            continue;
        struct json_object *other;
        int here = -1;
        if (json_object_object_get_ex(b, name, &other))
            here = schema_value_compare(value, other);
        if (here == 0)
            continue;
        first = name;
        *order = here;
    }
    return first;
}

static int compare_objects(struct json_object *a, struct json_object *b) {
    int order =
        compare_sizes((size_t)json_object_object_length(a), (size_t)json_object_object_length(b));
    if (order != 0)
        return order;
    const char *left = first_difference(a, b, &order);
    if (left == NULL)
        return 0;
    json_object_object_foreach(b, name, value) {
        (void)value;
        if (strcmp(name, left) < 0 && !json_object_object_get_ex(a, name, NULL))
            return 1;
    }
    return order;
}

int schema_value_compare(struct json_object *a, struct json_object *b) {
    enum schema_type type = schema_value_type(a), other = schema_value_type(b);
    if (type != other)
        return type < other ? -1 : 1;
    switch (type) {
    case SCHEMA_BOOLEAN:
        return json_object_get_boolean(a) - json_object_get_boolean(b);
    case SCHEMA_NUMBER:
        return compare_numbers(a, b);
    case SCHEMA_STRING:
        return compare_strings(a, b);
    case SCHEMA_ARRAY:
        return compare_arrays(a, b);
    case SCHEMA_OBJECT:
        return compare_objects(a, b);
    default:
        return 0;
    }
}

bool schema_value_depth_within(struct json_object *value, unsigned limit) {
    enum schema_type type = schema_value_type(value);
    if (type != SCHEMA_ARRAY && type != SCHEMA_OBJECT)
        return true;
    if (limit == 0)
        return false;
    if (type == SCHEMA_ARRAY) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            if (!schema_value_depth_within(json_object_array_get_idx(value, i), limit - 1))
                return false;
        return true;
    }
    json_object_object_foreach(value, name, member) {
        (void)name;
        if (!schema_value_depth_within(member, limit - 1))
            return false;
    }
    return true;
}

void schema_value_add_types(struct buffer *text, unsigned mask) {
    unsigned left = mask;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if ((left & types[i].type) == 0)
            continue;
        if (left != mask)
            buffer_add_text(text, (left & (left - 1)) == 0 ? " or " : ", ");
        buffer_add_text(text, types[i].phrase);
        left &= ~(unsigned)types[i].type;
    }
}

static void add_quoted(struct buffer *text, const char *bytes, size_t length) {
    buffer_add_byte(text, '"');
    buffer_add_escaped(text, bytes, length, LIMIT_ECHO);
    buffer_add_byte(text, '"');
}

void schema_value_add(struct buffer *text, struct json_object *value) {
    enum schema_type type = schema_value_type(value);
    if (type == SCHEMA_STRING) {
        add_quoted(text, json_object_get_string(value), (size_t)json_object_get_string_len(value));
    } else if (type == SCHEMA_ARRAY || type == SCHEMA_OBJECT) {
        schema_value_add_types(text, type);
    } else {
        const char *source = value == NULL ? "null" : json_object_to_json_string(value);
        buffer_add_escaped(text, source, strlen(source), LIMIT_ECHO);
    }
}

void schema_value_add_name(struct buffer *text, const char *name) {
    add_quoted(text, name, strlen(name));
}
