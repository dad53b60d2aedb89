/* The modules of one app of an export, checked as if they were registered now. */
#ifndef DYNMOD_HOST_IMPORT_MODULES_H
#define DYNMOD_HOST_IMPORT_MODULES_H

#include <stdbool.h>

#include "host/import.h"
#include "host/moved_app.h"

/* Adds everything that is wrong with the modules of the app to the problems of the import. Fails
 * with FAULT_UNAVAILABLE when the schema of a type is broken. */
bool import_modules_check(const struct import *import, const struct moved_app *app,
                          struct fault *fault) __attribute__((nonnull, warn_unused_result));

#endif
