/* The scopes of an app, and what each implies. */
#ifndef DYNMOD_CONNECT_SCOPE_H
#define DYNMOD_CONNECT_SCOPE_H

#include <stdbool.h>

#include "base/app.h"

/* Whether `scope` is a known scope, compared case-insensitively. */
bool scope_is_known(const char *scope) __attribute__((nonnull));

/* Whether the `scopes` of an app grant `wanted`, directly or through a
 * higher scope: READ, WRITE, DELETE, PROJECT_ADMIN or SPACE_ADMIN, ADMIN in ascending order. */
bool scope_grants(const struct app_texts *scopes, const char *wanted) __attribute__((nonnull));

#endif
