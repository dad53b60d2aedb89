/* An export of a site, read line by line. */
#ifndef DYNMOD_HOST_EXPORT_READER_H
#define DYNMOD_HOST_EXPORT_READER_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/memory.h"
#include "host/export_line.h"

struct export_reader {
    FILE *file;
    const struct export_forms *forms;
    long number;             /* of the line that was read last */
    enum export_kind former; /* its kind; EXPORT_KINDS before the first one */
    bool unusable;           /* it makes no sense to read on */
    bool secrets, history;   /* what the first line says is there */
    struct buffer text;      /* of the line that was read last */
};

/* Makes ready to read the file from its beginning; both must outlive the reader. */
void export_reader_init(struct export_reader *reader, FILE *file, const struct export_forms *forms)
    __attribute__((nonnull));
/* Frees what the reader has, but not the file. */
void export_reader_release(struct export_reader *reader) __attribute__((nonnull));

/* Reads the next line into *line, owned by the arena; its kind is EXPORT_KINDS behind the last one.
 * Fails with FAULT_INPUT when the line is not one of an export, or not one that may come here, is
 * longer than LIMIT_EXPORT_LINE, or is missing: another call then reads the one behind it, unless
 * the reader is `unusable`. Fails with FAULT_UNAVAILABLE when the file cannot be read. */
bool export_reader_next(struct export_reader *reader, struct arena *arena, struct export_line *line,
                        struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
