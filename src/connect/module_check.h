/* What a module must be like, whoever brings it and in whatever way. */
#ifndef DYNMOD_CONNECT_MODULE_CHECK_H
#define DYNMOD_CONNECT_MODULE_CHECK_H

#include <stdbool.h>

#include "connect/module_list.h"
#include "connect/problem.h"

/* Whether `key` is a module key: 1 to 100 letters, digits and "-". */
bool module_key_is_valid(const char *key) __attribute__((nonnull));

/* Adds to `problems` what is wrong with each module of `list` taken alone: key and schema. A
 * descriptor's module may lack its key where its type allows it; a dynamic one (`dynamic`) never.
 * Fails with FAULT_UNAVAILABLE when the schema of a type is broken. */
bool module_check(const struct module_types *types, const struct module_list *list, bool dynamic,
                  struct problem_list *problems, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
