/* What the admin program goes on with when a request has been answered. */
#ifndef DYNMOD_ADMIN_WORK_H
#define DYNMOD_ADMIN_WORK_H

#include "base/config.h"
#include "http/exchange.h"

/* An order for work_do(), owned by the request: "install" with the id of a task, or "call" with the
 * key of an app that is to get the calls that wait for it. */
const char *work_order(const struct exchange *exchange, const char *verb, const char *subject)
    __attribute__((nonnull, returns_nonnull));

/* Carries out an order, in a process of its own. */
void work_do(const struct config *config, const char *name, const char *order)
    __attribute__((nonnull));

#endif
