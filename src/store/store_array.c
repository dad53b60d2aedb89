/* Arrays of PostgreSQL as text. */
#include "store/store_array.h"

#include "base/buffer.h"
#include "base/limits.h"

static void add_quoted(struct buffer *out, const char *text) {
    buffer_add_byte(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_add_byte(out, '\\');
        buffer_add_byte(out, *text);
    }
    buffer_add_byte(out, '"');
}

const char *store_array(struct arena *arena, const struct app_texts *texts) {
    struct buffer out;
    buffer_init(&out, LIMIT_RESPONSE);
    buffer_add_byte(&out, '{');
    for (size_t i = 0; i < texts->count; i++) {
        if (i > 0)
            buffer_add_byte(&out, ',');
        add_quoted(&out, texts->list[i]);
    }
    buffer_add_byte(&out, '}');
    return buffer_to_arena(&out, arena);
}
