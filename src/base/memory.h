/* Allocation that cannot fail, and arenas that free all that served one request. */
#ifndef DYNMOD_BASE_MEMORY_H
#define DYNMOD_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* The three below abort the process when memory is out: one worker ends, the web server starts
 * the next. No caller ever sees NULL. */

/* Zeroed memory of `size` bytes; the caller frees it with free(). */
void *memory_alloc(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/* Resizes `block` (NULL for a new one) to `size` bytes, as realloc() does. */
void *memory_resize(void *block, size_t size) __attribute__((returns_nonnull, warn_unused_result));
/* A NUL-terminated copy of `length` bytes; the caller frees it with free(). */
char *memory_copy(const void *bytes, size_t length)
    __attribute__((malloc, returns_nonnull, warn_unused_result));

/* Owns memory and objects that end together. */
struct arena;

struct arena *arena_new(void) __attribute__((returns_nonnull, warn_unused_result));
/* Releases everything the arena owns, newest first, then the arena; NULL is allowed. */
void arena_free(struct arena *arena);
/* Zeroed memory of `size` bytes, owned by the arena. */
void *arena_alloc(struct arena *arena, size_t size)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* A NUL-terminated copy of `length` bytes, owned by the arena. */
char *arena_copy(struct arena *arena, const void *bytes, size_t length)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* A copy of the NUL-terminated `text`, owned by the arena; NULL gives NULL. */
char *arena_text(struct arena *arena, const char *text)
    __attribute__((nonnull(1), warn_unused_result));
/* printf() into a string owned by the arena. */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((nonnull, returns_nonnull, format(printf, 2, 3), warn_unused_result));
/* vprintf() into a string owned by the arena. */
char *arena_format_list(struct arena *arena, const char *format, va_list arguments)
    __attribute__((nonnull(1, 2), returns_nonnull, format(printf, 2, 0), warn_unused_result));
/* Hands `object` to the arena, which calls release(object) when it is freed. */
void arena_keep(struct arena *arena, void (*release)(void *), void *object)
    __attribute__((nonnull(1, 2)));

#endif
