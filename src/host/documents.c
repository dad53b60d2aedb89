/* The answers to GET that this process has read last: the database need not send them again. */
#include "host/documents.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const struct document *documents_find(const struct documents *documents, const char *site,
                                      const char *app_key) {
    for (size_t i = 0; i < LIMIT_DOCUMENTS; i++) {
        const struct document *document = &documents->kept[i];
        if (document->site != NULL && strcmp(document->app_key, app_key) == 0 &&
            strcmp(document->site, site) == 0)
            return document;
    }
    return NULL;
}

static void forget(struct document *document) {
    free(document->site);
    free(document->app_key);
    free(document->revision);
    free(document->text);
    *document = (struct document){0};
}

static char *copy(const char *text) {
    return memory_copy(text, strlen(text));
}

void documents_keep(struct documents *documents, const char *site, const struct app *app) {
    const struct document *former = documents_find(documents, site, app->key);
    size_t place = former == NULL ? documents->next : (size_t)(former - documents->kept);
    if (former == NULL && strlen(app->document) > LIMIT_DOCUMENT)
        return;
    forget(&documents->kept[place]);
    if (strlen(app->document) > LIMIT_DOCUMENT)
        return;
    documents->kept[place] =
        (struct document){copy(site), copy(app->key), copy(app->revision), copy(app->document)};
    if (former == NULL)
        documents->next = (documents->next + 1) % LIMIT_DOCUMENTS;
}

void documents_clear(struct documents *documents) {
    for (size_t i = 0; i < LIMIT_DOCUMENTS; i++)
        forget(&documents->kept[i]);
}
