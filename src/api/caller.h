/* Who is calling: the one query for the app, and the check of its token. */
#ifndef DYNMOD_API_CALLER_H
#define DYNMOD_API_CALLER_H

#include <stdbool.h>

#include "api/exchange.h"

/* Fills exchange->caller with the app `app_key` of the request's site. */
typedef bool caller_find(struct exchange *exchange, const char *app_key, struct fault *fault);

caller_find caller_find_only;
caller_find caller_find_with_document;
caller_find caller_find_for_registration;

/* Authenticates the request with what `find` loads. When false, the response is complete. */
bool caller_authenticate(struct exchange *exchange, caller_find *find)
    __attribute__((nonnull, warn_unused_result));

#endif
