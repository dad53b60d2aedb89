/* One app of an export: checked as if it came now, and brought in. */
#ifndef DYNMOD_HOST_IMPORT_APP_H
#define DYNMOD_HOST_IMPORT_APP_H

#include <stdbool.h>

#include "host/import.h"
#include "host/moved_app.h"

/* Adds everything that is wrong with the app to the problems of the import; *present is whether it
 * is there already. Fails like a query, or with FAULT_UNAVAILABLE when a schema is broken. */
bool import_app_check(const struct import *import, const struct moved_app *app, bool *present,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Brings the app in unless it is there already, as *present then says. Fails with FAULT_CONFLICT,
 * naming line and app, when it is another one or breaks a rule of the database. */
bool import_app_store(const struct import *import, const struct moved_app *app, bool *present,
                      struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
