/* Requests signed by apps: which app is calling, and the answer to everyone else. */
#ifndef DYNMOD_HOST_APP_ACCESS_H
#define DYNMOD_HOST_APP_ACCESS_H

#include "base/fault.h"
#include "http/exchange.h"
#include "http/router.h"

/* Admit an enabled app of the request's site by its token and return its struct app, loaded in
 * one query and with no more than the name says. `exchange->service` is a struct service; the types
 * in it are up to date after app_access_for_registration(). */
route_admit app_access;
route_admit app_access_with_document;
route_admit app_access_for_registration;

/* The same for resources that change the app's modules in the database, without a query where the
 * process knows an app that may have sent the request: the request is presumed then (exchange.h).
 * The app has a standing, which the change must ask for, and no modules; and the types are those
 * that the process has. */
route_admit app_access_to_change;
route_admit app_access_to_register;

/* Like exchange_fail(), but answers FAULT_REFUSED with 401 and the text that the original
 * documents; the reason is logged, and sent in a header if the configuration has auth_hints. */
void app_access_fail(struct exchange *exchange, const struct fault *fault) __attribute__((nonnull));

#endif
