/* The history of an app that is being brought in, in the same transaction as the app. */
#ifndef DYNMOD_HOST_IMPORT_EVENTS_H
#define DYNMOD_HOST_IMPORT_EVENTS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "host/import_app.h"

struct import_events {
    struct buffer lines; /* not stored yet, as an array without its end */
    long first;          /* the line of the first of them */
    bool begun;          /* the transaction has */
    long stored;
};

/* Empty. */
void import_events_init(struct import_events *events) __attribute__((nonnull));
/* Frees what the events have. */
void import_events_release(struct import_events *events) __attribute__((nonnull));

/* Adds the line that was read last, and stores those so far if they are many. Fails like
 * import_app_store(). */
bool import_events_add(const struct import *import, struct import_events *events,
                       const struct moved_app *app, const struct export_reader *reader,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Stores the events and then the app, as import_app_store() does: all or nothing. */
bool import_events_store_app(const struct import *import, struct import_events *events,
                             const struct moved_app *app, bool *present, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
