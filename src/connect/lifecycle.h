/* The calls by which a host tells an app of its life on a site. */
#ifndef DYNMOD_CONNECT_LIFECYCLE_H
#define DYNMOD_CONNECT_LIFECYCLE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"

enum lifecycle_event {
    LIFECYCLE_INSTALLED,
    LIFECYCLE_ENABLED,
    LIFECYCLE_DISABLED,
    LIFECYCLE_UNINSTALLED,
    LIFECYCLE_EVENTS /* how many there are */
};

/* What the app is told of the host; no string is NULL. */
struct lifecycle_host {
    const char *client_key;
    const char *base_url; /* of the site, with its context path */
    const char *description;
    const char *public_key; /* PEM */
};

/* The app that is called; no string is NULL. */
struct lifecycle_app {
    const char *key;
    const char *base_url; /* as in its descriptor */
    const char *shared_secret;
    const char *installation_id; /* a UUID */
};

/* Returns such as "installed": the name in the descriptor's `lifecycle` and in `eventType`. */
const char *lifecycle_name(enum lifecycle_event event) __attribute__((returns_nonnull));
/* Stores the event with this name; returns false when there is none. */
bool lifecycle_find(const char *name, enum lifecycle_event *event)
    __attribute__((nonnull, warn_unused_result));

/* Returns the URL to call, owned by the arena, or NULL when the descriptor does not want the call:
 * the text of `baseUrl`, one "/", and the text in `lifecycle`. An absolute URL there that lies
 * below the `baseUrl` is used as it is; any other is joined too, so that only the origin that the
 * app was installed from is ever called. */
const char *lifecycle_url(struct arena *arena, struct json_object *descriptor,
                          enum lifecycle_event event) __attribute__((nonnull(1)));

/* Returns the JSON of the call, owned by the arena. It has all that the client libraries insist on;
 * the shared secret is told by `installed` only. */
const char *lifecycle_body(struct arena *arena, enum lifecycle_event event,
                           const struct lifecycle_host *host, const struct lifecycle_app *app)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Stores the value of the Authorization header for a POST of the event to `url`, owned by the arena
 * and never to be logged: a token of the site, made at `now`. What decides about the shared secret
 * itself, `installed` and `uninstalled`, is signed by RS256 with the PEM `private_key`, whose id is
 * `kid`, for the base URL as audience; the other two by HS256 with the shared secret and without
 * audience, which atlassian-connect-express would take for the client key. The qsh leaves out the
 * path of the app's base URL. Fails with FAULT_INTERNAL when the key cannot be used, and with
 * FAULT_INPUT when `url` is too long. */
bool lifecycle_authorization(struct arena *arena, enum lifecycle_event event, const char *url,
                             const struct lifecycle_host *host, const struct lifecycle_app *app,
                             const char *kid, const char *private_key, int64_t now,
                             const char **authorization, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
