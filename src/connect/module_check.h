/* What a module must be like, whoever sends it and however. */
#ifndef DYNMOD_CONNECT_MODULE_CHECK_H
#define DYNMOD_CONNECT_MODULE_CHECK_H

#include <stdbool.h>

#include "connect/module_list.h"
#include "connect/problem.h"

/* Whether `key` is a valid module key: 1 to 100 letters, digits or "-". */
bool module_key_is_valid(const char *key) __attribute__((nonnull));

/* Adds to `problems` what is wrong with each module of `list` by itself: key and schema. A module
 * of a descriptor may have no key where its type allows that; a dynamic one (`dynamic`) must have
 * one. Fails with FAULT_UNAVAILABLE when the schema of a type is broken. */
bool module_check(const struct module_types *types, const struct module_list *list, bool dynamic,
                  struct problem_list *problems, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
