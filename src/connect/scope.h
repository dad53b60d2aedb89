/* The scopes of an app, and what each implies. */
#ifndef DYNMOD_CONNECT_SCOPE_H
#define DYNMOD_CONNECT_SCOPE_H

#include <json-c/json.h>
#include <stdbool.h>

/* Whether `scope` is a known scope, compared case-insensitively. */
bool scope_is_known(const char *scope) __attribute__((nonnull));

/* Whether the JSON array `scopes` of an app's descriptor grants `wanted`, directly or through a
 * higher scope: READ, WRITE, DELETE, PROJECT_ADMIN or SPACE_ADMIN, ADMIN in ascending order. */
bool scope_grants(struct json_object *scopes, const char *wanted) __attribute__((nonnull(2)));

#endif
