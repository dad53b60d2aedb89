/* Changes of the set of dynamic modules that an app has. */
#ifndef DYNMOD_HOST_MODULE_SET_H
#define DYNMOD_HOST_MODULE_SET_H

#include <stdbool.h>

#include "base/app.h"
#include "base/fault.h"
#include "connect/module_list.h"
#include "connect/problem.h"
#include "host/host.h"
#include "store/store_modules.h"

/* Each of these makes one change, on the given terms, and says in *change what it has done: all of
 * it or nothing. They fail with FAULT_REFUSED when the app is no longer enabled, with FAULT_UNKNOWN
 * when the change may have been made, and with FAULT_UNAVAILABLE when nothing can be said about the
 * modules. If those in `list`, which had no problems, break a rule because of another writer's
 * change, they add that problem and return true. */

/* Registers the modules of the list. */
bool module_set_add(const struct host *host, const struct app *app, const struct module_list *list,
                    const struct store_terms *terms, struct problem_list *problems,
                    struct store_change *change, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* Makes the modules of the list all that the app has. */
bool module_set_replace(const struct host *host, const struct app *app,
                        const struct module_list *list, const struct store_terms *terms,
                        struct problem_list *problems, struct store_change *change,
                        struct fault *fault) __attribute__((nonnull, warn_unused_result));

/* Removes the modules with these keys, or all of them if `keys` is NULL. */
bool module_set_remove(const struct host *host, const struct app *app, const struct app_texts *keys,
                       const struct store_terms *terms, struct store_change *change,
                       struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5, 6), warn_unused_result));

#endif
