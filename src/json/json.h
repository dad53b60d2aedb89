/* JSON text to json-c objects and back, strictly as in RFC 8259 and within limits. */
#ifndef DYNMOD_JSON_JSON_H
#define DYNMOD_JSON_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/memory.h"

/* Parses one JSON text, which must be followed by a NUL, into *value, owned by `arena`; the JSON
 * null becomes NULL. Refuses, naming line and column: whatever RFC 8259 does not allow, text that
 * is not UTF-8, nesting deeper than LIMIT_JSON_DEPTH, more than LIMIT_JSON_VALUES values or
 * LIMIT_JSON_CONTAINERS arrays and objects, \u0000, unpaired surrogates, names that appear twice in
 * one object, bytes after the value, and numbers that could not be returned as they were sent
 * (integers beyond 64 bits, beyond the range of a double, longer than LIMIT_JSON_NUMBER as they are
 * or without an exponent). */
bool json_parse(struct arena *arena, const char *text, size_t length, struct json_object **value,
                struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Parses the JSON `text` from our own database or program. Of the rules of json_parse() it needs to
 * follow only the grammar, because whatever people have written with psql must be readable too.
 * Fails with FAULT_INTERNAL. */
bool json_parse_stored(struct arena *arena, const char *text, struct json_object **value,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Returns the compact text of `value`, which may be NULL; valid until the object is changed or
 * freed. */
const char *json_text(struct json_object *value) __attribute__((returns_nonnull));

/* Appends `text`, which must be UTF-8, as a JSON string with its quotes. */
void json_add_string(struct buffer *buffer, const char *text, size_t length)
    __attribute__((nonnull));

/* Returns the member `name` of `object`, or NULL when it is missing or null, or when `object` is
 * not an object. */
struct json_object *json_member(struct json_object *object, const char *name)
    __attribute__((nonnull(2)));

/* Returns the member `name` as a C string, or NULL when it is missing or not a string. */
const char *json_member_text(struct json_object *object, const char *name)
    __attribute__((nonnull(2)));

/* Sets the member `name` of `object` to a string, or to null for NULL. */
void json_set_text(struct json_object *object, const char *name, const char *text)
    __attribute__((nonnull(1, 2)));

/* The strings of the array `value`, owned by it and the arena, with their number in *count; what is
 * not a string is left out, and what is not an array is an empty one. */
const char **json_strings(struct arena *arena, struct json_object *value, size_t *count)
    __attribute__((nonnull(1, 3), returns_nonnull));

/* Hands a reference to `value` over to the arena, which drops it when it is freed; returns
 * `value`. */
struct json_object *json_keep(struct arena *arena, struct json_object *value)
    __attribute__((nonnull(1)));

#endif
