/* Allocation that cannot fail, and arenas that free all that served one request. */
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_entry {
    struct arena_entry *next;
    void (*release)(void *);
    void *object;
};

struct arena {
    struct arena_entry *newest;
};

static void *checked(void *block) {
    if (block == NULL) {
        static const char text[] = "dynmod: out of memory\n";
        fwrite(text, 1, sizeof text - 1, stderr);
        abort();
    }
    return block;
}

void *memory_alloc(size_t size) {
    return checked(calloc(1, size == 0 ? 1 : size));
}

void *memory_resize(void *block, size_t size) {
    return checked(realloc(block, size == 0 ? 1 : size));
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
        arena->newest = entry->next;
        entry->release(entry->object);
        free(entry);
    }
    free(arena);
}

void arena_keep(struct arena *arena, void (*release)(void *), void *object) {
    struct arena_entry *entry = memory_alloc(sizeof *entry);
    *entry = (struct arena_entry){.next = arena->newest, .release = release, .object = object};
    arena->newest = entry;
}

void *arena_alloc(struct arena *arena, size_t size) {
    void *block = memory_alloc(size);
    arena_keep(arena, free, block);
    return block;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t length) {
    char *copy = memory_copy(bytes, length);
    arena_keep(arena, free, copy);
    return copy;
}

char *arena_text(struct arena *arena, const char *text) {
    return text == NULL ? NULL : arena_copy(arena, text, strlen(text));
}

char *arena_format_list(struct arena *arena, const char *format, va_list arguments) {
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    text = checked(length < 0 ? NULL : text);
    arena_keep(arena, free, text);
    return text;
}

char *arena_format(struct arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_format_list(arena, format, arguments);
    va_end(arguments);
    return text;
}
