/* A growing byte string with a maximum length. */
#ifndef DYNMOD_BASE_BUFFER_H
#define DYNMOD_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* bytes[length] is NUL once something has been added. Whatever would exceed `maximum` is cut off
 * and sets `overflow`, which stays set, so that callers need to check it only once, at the end. */
struct buffer {
    char *bytes;
    size_t length;
    size_t capacity;
    size_t maximum;
    bool overflow;
};

/* Makes the buffer empty and able to hold up to `maximum` bytes. */
void buffer_init(struct buffer *buffer, size_t maximum) __attribute__((nonnull));
/* Frees the content. The buffer may be freed again, or used again with the same maximum. */
void buffer_free(struct buffer *buffer) __attribute__((nonnull));
/* Empties the buffer and keeps its memory. */
void buffer_clear(struct buffer *buffer) __attribute__((nonnull));
/* Drops what follows the first `length` bytes, which are there. */
void buffer_cut(struct buffer *buffer, size_t length) __attribute__((nonnull));
/* Appends `length` bytes. */
void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
    __attribute__((nonnull(1)));
/* Appends a NUL-terminated string. */
void buffer_add_text(struct buffer *buffer, const char *text) __attribute__((nonnull));
/* Appends one byte. */
void buffer_add_byte(struct buffer *buffer, char byte) __attribute__((nonnull));
/* Appends formatted output, like printf(). */
void buffer_add_format(struct buffer *buffer, const char *format, ...)
    __attribute__((nonnull, format(printf, 2, 3)));
/* Returns the content as a NUL-terminated string, "" when empty; valid until the next change. */
const char *buffer_text(const struct buffer *buffer) __attribute__((nonnull, returns_nonnull));
/* Hands the content over to the arena as a NUL-terminated string, "" when empty, and leaves the
 * buffer empty. */
char *buffer_to_arena(struct buffer *buffer, struct arena *arena)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* Appends untrusted text for people to read: at most `most` bytes of it, cut between UTF-8
 * characters and then marked with "...". Control characters and invalid UTF-8 become \xNN. */
void buffer_add_escaped(struct buffer *buffer, const char *bytes, size_t length, size_t most)
    __attribute__((nonnull));

#endif
