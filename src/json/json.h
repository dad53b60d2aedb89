/* JSON text to json-c objects and back, strictly by RFC 8259 and within limits. */
#ifndef DYNMOD_JSON_JSON_H
#define DYNMOD_JSON_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/memory.h"

/* Parses one JSON text, which a NUL must follow, into *value (NULL stands for the JSON null), owned
 * by `arena`. Refused, with line and column: what RFC 8259 does not allow, text that is not UTF-8,
 * nesting deeper than LIMIT_JSON_DEPTH, \u0000, unpaired surrogates, a name twice in one object,
 * bytes behind the value, and numbers that would not come back as they were sent (integers beyond
 * 64 bits, beyond a double's range, or longer than LIMIT_JSON_NUMBER). */
bool json_parse(struct arena *arena, const char *text, size_t length, struct json_object **value,
                struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Parses the JSON `text` that our own database or program made, and that no rule of json_parse()
 * but the grammar need fit: what people wrote with psql must be read as well. Fails with
 * FAULT_INTERNAL. */
bool json_parse_stored(struct arena *arena, const char *text, struct json_object **value,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* The compact text of `value`, which may be NULL; valid until the object changes or ends. */
const char *json_text(struct json_object *value) __attribute__((returns_nonnull));

/* Appends `text` as a JSON string, quotes included. The text must be UTF-8. */
void json_add_string(struct buffer *buffer, const char *text, size_t length)
    __attribute__((nonnull));

/* The member `name` of `object`; NULL when it is absent, null, or `object` is no object. */
struct json_object *json_member(struct json_object *object, const char *name)
    __attribute__((nonnull(2)));

/* The text of the string member `name`; NULL when it is absent or no string. */
const char *json_member_text(struct json_object *object, const char *name)
    __attribute__((nonnull(2)));

/* Hands a reference on `value` to the arena, which drops it at its end; returns `value`. */
struct json_object *json_keep(struct arena *arena, struct json_object *value)
    __attribute__((nonnull(1)));

#endif
