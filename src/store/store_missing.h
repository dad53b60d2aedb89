/* What is said of a site or an app that the database does not have. */
#ifndef DYNMOD_STORE_STORE_MISSING_H
#define DYNMOD_STORE_STORE_MISSING_H

#include <stdbool.h>

#include "base/fault.h"

/* Both fill in the fault as FAULT_NOT_FOUND, for the operator, and return false. */
bool store_missing_site(const char *site, struct fault *fault) __attribute__((nonnull));
bool store_missing_app(const char *site, const char *app_key, struct fault *fault)
    __attribute__((nonnull));

#endif
