/* One call of the host to an app: what it says, and how it went. */
#ifndef DYNMOD_HOST_APP_CALL_H
#define DYNMOD_HOST_APP_CALL_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/fault.h"
#include "connect/lifecycle.h"
#include "host/host.h"

/* Seconds that a call may take in all, with what comes before and after it. */
long app_call_seconds(const struct config *config) __attribute__((nonnull));

/* Tells `app`, {"key", "baseUrl", "sharedSecret", "installationId", "lifecycle"}, of the event. An
 * app whose descriptor does not want the call is not called. *detail becomes the JSON text for the
 * history, {"event", "url", "status", "milliseconds", "answer", "error"}, also on failure; NULL
 * without a call. An answer that contains the shared secret is not in it. Fails with FAULT_CONFLICT
 * when the app answers with anything but 200, 201 or 204, and as http_client_call() does when there
 * is no answer. */
bool app_call_send(const struct host *host, struct json_object *app, enum lifecycle_event event,
                   const char **detail, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
