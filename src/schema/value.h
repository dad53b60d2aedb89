/* JSON values as JSON Schema sees them: their types and when two are equal. */
#ifndef DYNMOD_SCHEMA_VALUE_H
#define DYNMOD_SCHEMA_VALUE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* The types of JSON Schema as bits. A value's own type is never SCHEMA_INTEGER. */
enum schema_type {
    SCHEMA_NULL = 1,
    SCHEMA_BOOLEAN = 2,
    SCHEMA_NUMBER = 4,
    SCHEMA_STRING = 8,
    SCHEMA_ARRAY = 16,
    SCHEMA_OBJECT = 32,
    SCHEMA_INTEGER = 64,
    SCHEMA_ANY = 127,
};

/* The type of a value; NULL is JSON's null. */
enum schema_type schema_value_type(struct json_object *value);
/* The type that is called `name` in schemas; 0 when there is none. */
unsigned schema_value_type_named(const char *name) __attribute__((nonnull));
/* Whether the value is a number without a fraction, as 1.0 is. */
bool schema_value_is_integer(struct json_object *value);
/* Whether the value is of one of the types of a mask. */
bool schema_value_is_of(struct json_object *value, unsigned mask);
/* A total order of all values, 0 meaning equal: numbers compare by their exact value, objects
 * regardless of the order of their members (JSON Schema core, 4.2.3). NULL is JSON's null. Recurses
 * as deeply as the values nest, for which see schema_value_depth_within(). */
int schema_value_compare(struct json_object *a, struct json_object *b);
/* Whether at most `limit` arrays and objects are nested in the value, itself included. */
bool schema_value_depth_within(struct json_object *value, unsigned limit);
/* Appends the types of a mask for people: "a string or null". */
void schema_value_add_types(struct buffer *text, unsigned types) __attribute__((nonnull));
/* Appends the value for people: a string in quotes, escaped and cut to LIMIT_ECHO bytes; a number,
 * boolean or null as written; an array or object by its type only. */
void schema_value_add(struct buffer *text, struct json_object *value) __attribute__((nonnull(1)));
/* Appends the name of a member as it does a string. */
void schema_value_add_name(struct buffer *text, const char *name) __attribute__((nonnull));

#endif
