/* What became of an app's modules, and the set that they were at a moment. */
#ifndef DYNMOD_HOST_MODULE_PAST_H
#define DYNMOD_HOST_MODULE_PAST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/app.h"
#include "base/fault.h"
#include "base/memory.h"
#include "connect/module_type.h"
#include "store/database.h"

/* Some of the events of an app, newest first. */
struct past_events {
    const char *json; /* {"events": [...]}, see struct store_event */
    const char *next; /* the id before which there are more events; NULL when there are none */
};

/* The events of the app's modules, at most `most` of them, before the one with the id `before`,
 * NULL for the newest. Large definitions make them fewer, so that they have no more than
 * LIMIT_HISTORY_PAGE bytes together, but never none when there are some. The arena owns them. */
bool module_past_events(struct database *database, struct arena *arena, const struct app *app,
                        const char *before, size_t most, struct past_events *events,
                        struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 6, 7), warn_unused_result));

/* Whether the text is a date-time of RFC 3339. */
bool module_past_is_moment(const char *text, size_t length) __attribute__((nonnull));

/* The app's dynamic modules at a moment as the document that GET would have given, owned by the
 * arena. Fails with FAULT_INPUT when there is no such moment, and with FAULT_NOT_FOUND, in words
 * for the client, when the history does not reach back so far, or has dropped definitions. */
bool module_past_document(struct database *database, struct arena *arena,
                          const struct module_types *types, const struct app *app,
                          const char *moment, const char **document, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
