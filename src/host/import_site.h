/* What stands before the apps in an export: the site, its keys and module types. */
#ifndef DYNMOD_HOST_IMPORT_SITE_H
#define DYNMOD_HOST_IMPORT_SITE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/fault.h"
#include "host/export_reader.h"
#include "host/import.h"

/* What was read of the site. */
struct import_site {
    struct arena *arena; /* owns it */
    long line;
    struct json_object *body;                   /* NULL until it was read */
    struct json_object *keys, *types, *allowed; /* arrays of bodies, */
    long keys_line, types_line, allowed_line;   /* one line after the other from here on */
};

/* Nothing was read yet. */
void import_site_init(struct import_site *site, struct arena *arena) __attribute__((nonnull));

/* Adds the line that was read last, which is one of those before the apps. */
void import_site_add(struct import_site *site, const struct export_reader *reader,
                     const struct export_line *line) __attribute__((nonnull));

/* The name of the site in the export. */
const char *import_site_name(const struct import_site *site) __attribute__((nonnull));

/* Adds everything that is wrong with it to the problems of the import, and fills in the types and
 * limits that count for its apps. Fails like a query. */
bool import_site_check(struct import *import, const struct import_site *site, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Adds the types that are missing, and the site with its keys unless it is here already. */
bool import_site_store(const struct import *import, const struct import_site *site,
                       struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
