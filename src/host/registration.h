/* The registration of dynamic modules: what one request may add to one app. */
#ifndef DYNMOD_HOST_REGISTRATION_H
#define DYNMOD_HOST_REGISTRATION_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/app.h"
#include "base/config.h"
#include "base/fault.h"
#include "base/memory.h"
#include "connect/module_list.h"
#include "connect/module_type.h"
#include "connect/problem.h"

/* An empty list of problems for registration_check(), as strict as the configuration wants. */
struct problem_list *registration_problems(struct arena *arena, const struct config *config)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Checks the modules in `sent` (see module_list_read()) for `app`, of which scopes, modules and
 * limit count, and fills in `list` and `problems`. Fails with FAULT_UNAVAILABLE when the schema of
 * a type is broken. */
bool registration_check(struct arena *arena, const struct module_types *types,
                        const struct app *app, struct json_object *sent, struct module_list *list,
                        struct problem_list *problems, struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 5, 6, 7), warn_unused_result));

/* The same for the whole set of dynamic modules that the app is to have: those that it has count
 * only in that a module of a type that is no longer dynamic may stay. */
bool registration_check_replacement(struct arena *arena, const struct module_types *types,
                                    const struct app *app, struct json_object *sent,
                                    struct module_list *list, struct problem_list *problems,
                                    struct fault *fault)
    __attribute__((nonnull(1, 2, 3, 5, 6, 7), warn_unused_result));

/* The same for a list of modules that were not sent, each with its place. Both note in `problems`
 * that they are about a replacement. */
bool registration_check_set(struct arena *arena, const struct module_types *types,
                            const struct app *app, struct module_list *list,
                            struct problem_list *problems, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Returns one message for the client that names every error of the sorted list, owned by its
 * arena. */
const char *registration_message(const struct problem_list *problems)
    __attribute__((nonnull, returns_nonnull));

#endif
