/* An export of a site, read line by line. */
#include "host/export_reader.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "json/json.h"

void export_reader_init(struct export_reader *reader, FILE *file,
                        const struct export_forms *forms) {
    *reader = (struct export_reader){.file = file, .forms = forms, .former = EXPORT_KINDS};
    buffer_init(&reader->text, LIMIT_EXPORT_LINE);
}

void export_reader_release(struct export_reader *reader) {
    buffer_free(&reader->text);
}

/* Reads the bytes up to the end of the line or of the file; false if there are none. */
static bool read_bytes(struct export_reader *reader) {
    char piece[BUFSIZ];
    size_t length = 0;
    int byte;
    bool any = false;
    buffer_clear(&reader->text);
    reader->text.overflow = false;
    while ((byte = getc_unlocked(reader->file)) != EOF && byte != '\n') {
        if (length == sizeof piece) {
            buffer_add(&reader->text, piece, length);
            length = 0;
        }
        piece[length++] = (char)byte;
        any = true;
    }
    buffer_add(&reader->text, piece, length);
    return any || byte == '\n';
}

/* Whether a line of that kind may come behind the former one. */
static bool may_follow(enum export_kind former, enum export_kind kind) {
    if (former == EXPORT_KINDS)
        return kind == EXPORT_HEAD;
    if (former == EXPORT_HEAD || kind == EXPORT_SITE)
        return former == EXPORT_HEAD && kind == EXPORT_SITE;
    if (former == EXPORT_END || kind == EXPORT_HEAD)
        return false;
    if (kind == EXPORT_APP || kind == EXPORT_END)
        return true;
    if (kind > EXPORT_APP && former < EXPORT_APP)
        return false;
    return kind > former || (kind == former && kind != EXPORT_SECRET);
}

static bool read_head(struct export_reader *reader, const struct export_line *line,
                      struct fault *fault) {
    struct json_object *format = json_member(line->body, "format");
    if (line->kind != EXPORT_HEAD)
        return fault_set(fault, FAULT_INPUT, "this is not an export of a site");
    if (json_object_is_type(format, json_type_int) &&
        json_object_get_int64(format) != EXPORT_FORMAT)
        return fault_set(fault, FAULT_INPUT,
                         "the export has the format %lld; this dynmodctl knows format %d",
                         (long long)json_object_get_int64(format), EXPORT_FORMAT);
    reader->secrets = json_object_get_boolean(json_member(line->body, "secrets"));
    reader->history = json_object_get_boolean(json_member(line->body, "history"));
    return true;
}

/* What is behind the last line there is. */
static bool read_end(struct export_reader *reader, struct export_line *line, struct fault *fault) {
    *line = (struct export_line){EXPORT_KINDS, NULL};
    if (ferror(reader->file)) {
        reader->unusable = true;
        return fault_set(fault, FAULT_UNAVAILABLE, "cannot read the export: %s", strerror(errno));
    }
    if (reader->former == EXPORT_END)
        return true;
    reader->unusable = true;
    reader->number++;
    return fault_set(fault, FAULT_INPUT,
                     "the last line of the export is missing: the file is not complete");
}

static bool read_line(struct export_reader *reader, struct arena *arena, struct export_line *line,
                      struct fault *fault) {
    *line = (struct export_line){EXPORT_KINDS, NULL};
    if (reader->text.overflow)
        return fault_set(fault, FAULT_INPUT, "the line is longer than %d bytes", LIMIT_EXPORT_LINE);
    bool ok = export_line_read(reader->forms, arena, buffer_text(&reader->text),
                               reader->text.length, line, fault);
    if (reader->former == EXPORT_KINDS && (!read_head(reader, line, fault) || !ok))
        return false;
    if (!ok)
        return false;
    return may_follow(reader->former, line->kind) ||
           fault_set(fault, FAULT_INPUT, "a line of this kind may not be here");
}

bool export_reader_next(struct export_reader *reader, struct arena *arena, struct export_line *line,
                        struct fault *fault) {
    if (!read_bytes(reader))
        return read_end(reader, line, fault);
    reader->number++;
    bool ok = read_line(reader, arena, line, fault);
    if (line->kind < EXPORT_KINDS)
        reader->former = line->kind;
    /* without its first two lines nothing can be said of the others */
    reader->unusable = !ok && reader->number <= 2;
    return ok;
}
