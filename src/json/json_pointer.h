/* JSON Pointers, RFC 6901. */
#ifndef DYNMOD_JSON_JSON_POINTER_H
#define DYNMOD_JSON_JSON_POINTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Appends "/" and the name of a member, with "~" and "/" escaped (RFC 6901, 4). */
void json_pointer_add_name(struct buffer *pointer, const char *name) __attribute__((nonnull));
/* Appends "/" and the index of an element. */
void json_pointer_add_index(struct buffer *pointer, size_t index) __attribute__((nonnull));
/* Whether the text is a JSON Pointer as defined in RFC 6901, 3. */
bool json_pointer_valid(const char *text, size_t length) __attribute__((nonnull));
/* Reads the first reference token of `*at`, the rest of a valid pointer: unescapes it into `token`,
 * moves `*at` past it and returns true; returns false at the end of the pointer. */
bool json_pointer_next(const char **at, struct buffer *token) __attribute__((nonnull));
/* Reads a token as the index of an element: digits, without a leading zero (RFC 6901, 4). */
bool json_pointer_index(const char *token, size_t *index) __attribute__((nonnull));

#endif
