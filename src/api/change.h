/* A request that changes an app's dynamic modules: its headers, and its answer but for the modules.
 */
#ifndef DYNMOD_API_CHANGE_H
#define DYNMOD_API_CHANGE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/app.h"
#include "base/fault.h"
#include "http/exchange.h"
#include "store/store_modules.h"

enum change_kind { CHANGE_ADDS, CHANGE_REPLACES, CHANGE_REMOVES };

struct change {
    enum change_kind kind;
    struct exchange *exchange;
    const struct app *app; /* which sends it */
    struct store_terms terms;
    bool wants_set; /* the answer is to have the app's modules, as that to GET */
    struct store_change done;
};

/* Begins a change and reads what the headers say of it. Returns false when they are wrong, or rule
 * it out already; then the request is answered. */
bool change_begin(struct change *change, enum change_kind kind, struct exchange *exchange,
                  const struct app *app) __attribute__((nonnull, warn_unused_result));

/* Whether the app's modules, as they are now, meet the terms; otherwise answers with 412. That is
 * for changes that are refused anyway: whoever has missed a change of another hears that first. */
bool change_meets_terms(struct change *change) __attribute__((nonnull, warn_unused_result));

/* Ends the presumption of an exchange when the database, asked for the change, has confirmed it:
 * unless the app is not as known, or a rule has `refused` the change. Returns whether nothing is
 * presumed any more; otherwise nothing is done, and the request must be left without an answer, so
 * that it begins anew. */
bool change_confirm(struct change *change, bool refused)
    __attribute__((nonnull, warn_unused_result));

/* Answers with 412, with the tag of the app's modules. */
void change_answer_unexpected(struct change *change) __attribute__((nonnull));

/* Answers a change that is done, with the new tag: a removal with 204, others with 200. Their body
 * is the app's modules if the client wants that, else `body`, which the arena owns, NULL for an
 * empty one. */
void change_answer_done(struct change *change, struct json_object *body)
    __attribute__((nonnull(1)));

/* Answers as the fault says, as app_access_fail() does. */
void change_fail(struct change *change, const struct fault *fault) __attribute__((nonnull));

/* Ends a change, answered in whatever way: marks a dry run in the log. */
void change_end(struct change *change) __attribute__((nonnull));

#endif
