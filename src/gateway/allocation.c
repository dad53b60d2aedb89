/* Allocation by libraries, which cannot fail either: json-c, for one, takes a value for null when
 * it finds no memory for it, and goes on. These replace the functions of the C library for
 * everything in the process. */
#include <stdlib.h>

#include "base/memory.h"

#ifndef __SANITIZE_ADDRESS__ /* which replaces them itself */

/* What the C library has under these names, too, for just this purpose. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
/* NOLINTEND(bugprone-reserved-identifier) */

void *malloc(size_t size) {
    return memory_checked(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    return memory_checked(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
    void *resized = __libc_realloc(block, size);
    return size == 0 ? resized : memory_checked(resized); /* 0 frees the block */
}

#endif
