/* The answers to GET that this process has read last: the database need not send them again. */
#ifndef DYNMOD_HOST_DOCUMENTS_H
#define DYNMOD_HOST_DOCUMENTS_H

#include <stddef.h>

#include "base/app.h"
#include "base/limits.h"

/* One state of an app's dynamic modules. No revision is ever given twice in a database. */
struct document {
    char *site, *app_key; /* as a request names them; NULL while the place is free */
    char *revision, *text;
};

struct documents {
    struct document kept[LIMIT_DOCUMENTS];
    size_t next; /* the place for the next one */
};

/* The document of an app that was kept last, or NULL. It is valid until the next call of one of the
 * functions below, and right if its revision is still that of the app. */
const struct document *documents_find(const struct documents *documents, const char *site,
                                      const char *app_key) __attribute__((nonnull));

/* Keeps a copy of the app's document, unless it is large, in place of the one that the app had or
 * of the oldest. */
void documents_keep(struct documents *documents, const char *site, const struct app *app)
    __attribute__((nonnull));

/* Forgets and frees all. */
void documents_clear(struct documents *documents) __attribute__((nonnull));

#endif
