/* A growing byte string with a maximum length. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

enum { FIRST_CAPACITY = 256, SHORT_FORMAT = 256 };

void buffer_init(struct buffer *buffer, size_t maximum) {
    *buffer = (struct buffer){.maximum = maximum};
}

void buffer_free(struct buffer *buffer) {
    free(buffer->bytes);
    buffer_init(buffer, buffer->maximum);
}

void buffer_clear(struct buffer *buffer) {
    buffer->length = 0;
    buffer->overflow = false;
    if (buffer->bytes != NULL)
        buffer->bytes[0] = '\0';
}

static void reserve(struct buffer *buffer, size_t length) {
    size_t needed = length + 1;
    if (needed <= buffer->capacity)
        return;
    size_t capacity = buffer->capacity == 0 ? FIRST_CAPACITY : buffer->capacity;
    while (capacity < needed)
        capacity *= 2;
    buffer->bytes = memory_resize(buffer->bytes, capacity);
    buffer->capacity = capacity;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length) {
    if (length > buffer->maximum - buffer->length) {
        length = buffer->maximum - buffer->length;
        buffer->overflow = true;
    }
    reserve(buffer, buffer->length + length);
    if (length > 0)
        memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void buffer_add_text(struct buffer *buffer, const char *text) {
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_byte(struct buffer *buffer, char byte) {
    buffer_add(buffer, &byte, 1);
}

void buffer_add_format(struct buffer *buffer, const char *format, ...) {
    char most[SHORT_FORMAT]; /* nearly all are short, and need no memory of their own */
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(most, sizeof most, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < sizeof most) {
        buffer_add(buffer, most, (size_t)length);
    } else if (length > 0) {
        char *text = memory_alloc((size_t)length + 1);
        vsnprintf(text, (size_t)length + 1, format, again);
        buffer_add(buffer, text, (size_t)length);
        free(text);
    }
    va_end(again);
}

void buffer_cut(struct buffer *buffer, size_t length) {
    buffer->length = length;
    if (buffer->bytes != NULL)
        buffer->bytes[length] = '\0';
}

const char *buffer_text(const struct buffer *buffer) {
    return buffer->bytes == NULL ? "" : buffer->bytes;
}

char *buffer_to_arena(struct buffer *buffer, struct arena *arena) {
    char *text = memory_resize(buffer->bytes, buffer->length + 1);
    text[buffer->length] = '\0';
    arena_keep(arena, free, text);
    buffer_init(buffer, buffer->maximum);
    return text;
}

/* The control characters C0, DEL and C1, which terminals act on. */
static bool is_control(const char *character, size_t size) {
    uint32_t point = utf8_code_point(character, size);
    return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

void buffer_add_escaped(struct buffer *buffer, const char *bytes, size_t length, size_t most) {
    size_t at = 0;
    while (at < length) {
        size_t size = utf8_character(bytes + at, length - at);
        bool escape = size == 0 || is_control(bytes + at, size);
        if (size == 0)
            size = 1;
        if (at + size > most) {
            buffer_add_text(buffer, "...");
            return;
        }
        for (size_t end = at + size; at < end; at++) {
            if (escape)
                buffer_add_format(buffer, "\\x%02x", (unsigned char)bytes[at]);
            else
                buffer_add_byte(buffer, bytes[at]);
        }
    }
}
