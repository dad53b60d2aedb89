/* Allocation that cannot fail, and arenas that free everything one request has used. */
#include "base/memory.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Small allocations are cut from blocks, since most requests need a hundred of them. Not where the
 * sanitizer is to see the end of each. */
#ifdef __SANITIZE_ADDRESS__
enum { BLOCK_SIZE = 0 };
#else
enum { BLOCK_SIZE = 8 * 1024 };
#endif

enum { SHORT_FORMAT = 256 };

struct arena_entry {
    struct arena_entry *next;
    void (*release)(void *);
    void *object;
};

struct arena_block {
    struct arena_block *next;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct arena_entry *newest;
    struct arena_block *blocks; /* the one that is in use first */
    size_t left;                /* unused bytes at the end of that block */
};

void *memory_checked(void *block) {
    static const char text[] = "dynmod: out of memory\n";
    if (block != NULL)
        return block;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        /* there is nowhere left to report it */
    }
    abort();
}

void *memory_alloc(size_t size) {
    return memory_checked(calloc(1, size == 0 ? 1 : size));
}

void *memory_resize(void *block, size_t size) {
    return memory_checked(realloc(block, size == 0 ? 1 : size));
}

char *memory_copy(const void *bytes, size_t length) {
    char *copy = memory_alloc(length + 1);
    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

struct arena *arena_new(void) {
    return memory_alloc(sizeof(struct arena));
}

void arena_free(struct arena *arena) {
    if (arena == NULL)
        return;
    while (arena->newest != NULL) {
        struct arena_entry *entry = arena->newest;
        arena->newest = entry->next; /* release() may change the list */
        entry->release(entry->object);
    }
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    free(arena);
}

/* A new block of `size` bytes; it becomes the one in use, unless all of it is asked for. */
static struct arena_block *add_block(struct arena *arena, size_t size, bool in_use) {
    struct arena_block *block = memory_alloc(sizeof *block + size);
    struct arena_block **place =
        in_use || arena->blocks == NULL ? &arena->blocks : &arena->blocks->next;
    block->next = *place;
    *place = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size) {
    const size_t alignment = alignof(max_align_t);
    size = (size / alignment + 1) * alignment;
    if (size > BLOCK_SIZE / 4)
        return add_block(arena, size, false)->bytes;
    if (size > arena->left) {
        add_block(arena, BLOCK_SIZE, true);
        arena->left = BLOCK_SIZE;
    }
    arena->left -= size;
    return arena->blocks->bytes + arena->left;
}

void arena_keep(struct arena *arena, void (*release)(void *), void *object) {
    struct arena_entry *entry = arena_alloc(arena, sizeof *entry);
    *entry = (struct arena_entry){.next = arena->newest, .release = release, .object = object};
    arena->newest = entry;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t length) {
    char *copy = arena_alloc(arena, length + 1);
    if (length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

char *arena_text(struct arena *arena, const char *text) {
    return text == NULL ? NULL : arena_copy(arena, text, strlen(text));
}

char *arena_format_list(struct arena *arena, const char *format, va_list arguments) {
    char most[SHORT_FORMAT], *text = NULL; /* nearly all are short, and need one pass */
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(most, sizeof most, format, arguments);
    if (length >= 0 && (size_t)length < sizeof most) {
        text = arena_copy(arena, most, (size_t)length);
    } else {
        length = vasprintf(&text, format, again);
        text = memory_checked(length < 0 ? NULL : text);
        arena_keep(arena, free, text);
    }
    va_end(again);
    return text;
}

char *arena_format(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_format_list(arena, format, arguments);
    va_end(arguments);
    return text;
}
