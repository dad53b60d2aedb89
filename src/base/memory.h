/* Allocation that cannot fail, and arenas that free everything one request has used. */
#ifndef DYNMOD_BASE_MEMORY_H
#define DYNMOD_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* Returns `block`; ends the process with SIGABRT when it is NULL, what an allocation that failed
 * has returned. */
void *memory_checked(void *block) __attribute__((returns_nonnull));

/* The next three functions abort the process when memory runs out: one worker dies and the web
 * server starts another. They never return NULL. */

/* Returns `size` zeroed bytes, which the caller frees with free(). */
void *memory_alloc(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/* Resizes `block` (NULL for a new one) to `size` bytes, as realloc() does. */
void *memory_resize(void *block, size_t size) __attribute__((returns_nonnull, warn_unused_result));
/* Returns a NUL-terminated copy of `length` bytes, which the caller frees with free(). */
char *memory_copy(const void *bytes, size_t length)
    __attribute__((malloc, returns_nonnull, warn_unused_result));

/* Owns memory and objects that are released together. */
struct arena;

struct arena *arena_new(void) __attribute__((returns_nonnull, warn_unused_result));
/* Releases everything the arena owns, newest first, and then the arena. NULL is allowed. */
void arena_free(struct arena *arena);
/* Returns `size` zeroed bytes, owned by the arena. */
void *arena_alloc(struct arena *arena, size_t size)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* Returns a NUL-terminated copy of `length` bytes, owned by the arena. */
char *arena_copy(struct arena *arena, const void *bytes, size_t length)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
/* Returns a copy of the string `text`, owned by the arena, or NULL if `text` is NULL. */
char *arena_text(struct arena *arena, const char *text)
    __attribute__((nonnull(1), warn_unused_result));
/* Formats like printf() into a string owned by the arena. */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((nonnull, returns_nonnull, format(printf, 2, 3), warn_unused_result));
/* Formats like vprintf() into a string owned by the arena. */
char *arena_format_list(struct arena *arena, const char *format, va_list arguments)
    __attribute__((nonnull(1, 2), returns_nonnull, format(printf, 2, 0), warn_unused_result));
/* Hands `object` over to the arena, which calls release(object) when it is freed itself. */
void arena_keep(struct arena *arena, void (*release)(void *), void *object)
    __attribute__((nonnull(1, 2)));

#endif
