/* What the commands that change the dynamic modules of an app share. */
#ifndef DYNMOD_CTL_MODULE_CHANGE_H
#define DYNMOD_CTL_MODULE_CHANGE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "connect/module_type.h"
#include "connect/problem.h"
#include "ctl/invocation.h"
#include "store/store_modules.h"

/* Finds the app of --app with what a change of its modules is checked against, and the module
 * types; everything is owned by the arena. Fails with FAULT_NOT_FOUND when it is not installed. */
bool module_change_find_app(struct invocation *invocation, struct app *app,
                            struct module_types **types, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Whether --dry-run is given. */
struct store_terms module_change_terms(const struct invocation *invocation)
    __attribute__((nonnull));

/* The answer to a change of the app, to be filled in; owned by the arena. */
struct json_object *module_change_answer(const struct invocation *invocation, const struct app *app)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Prints the answer to a change of the whole set, with the keys in `change`: for people as "<done>:
 * 1 added, …" with the keys below, where `done` says what was done, or would be in a dry run. */
void module_change_print(const struct invocation *invocation, struct json_object *answer,
                         const struct store_change *change, const char *done)
    __attribute__((nonnull));

#endif
