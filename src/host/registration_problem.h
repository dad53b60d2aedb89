/* What can be wrong with modules that an app registers only because of others that it has. */
#ifndef DYNMOD_HOST_REGISTRATION_PROBLEM_H
#define DYNMOD_HOST_REGISTRATION_PROBLEM_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/app.h"
#include "base/fault.h"
#include "connect/problem.h"
#include "store/database.h"

/* Adds that these keys, a JSON array, are those of several modules. */
void registration_problem_duplicates(struct problem_list *problems, const struct app *app,
                                     struct json_object *keys) __attribute__((nonnull));

/* Adds that the app has `present` dynamic modules and sends `added` more than that, where `limit`
 * is as many as it may have, or with `replaces` that it sends that many in their place. */
void registration_problem_limit(struct problem_list *problems, const struct app *app, long limit,
                                long present, long added, bool replaces) __attribute__((nonnull));

/* Adds what the database has found wrong with modules that were to be stored, because of another
 * writer's change after our own check. Returns false if the fault has another reason. */
bool registration_problem_stored(const struct database *database, const struct app *app,
                                 bool replaces, struct problem_list *problems,
                                 const struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
