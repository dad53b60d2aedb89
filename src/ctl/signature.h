/* The signature of an app under one request, as the app itself would make it. */
#ifndef DYNMOD_CTL_SIGNATURE_H
#define DYNMOD_CTL_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/app.h"
#include "base/fault.h"
#include "base/memory.h"

/* Owned by an arena. */
struct signature {
    const char *authorization; /* the value of the header */
    const char *canonical;     /* the canonical request */
    const char *hash;          /* of it */
    int64_t expires;           /* seconds since 1970 */
    size_t dropped; /* query parameters that cannot be decoded, which it does not cover */
};

/* Signs what curl would send for `url`, which is all but the fragment, with the secret of the app
 * for `lifetime` seconds from now. Fails with FAULT_INPUT when the URL is none. */
bool signature_make(struct arena *arena, const struct app *app, const char *secret,
                    const char *method, const char *url, int64_t lifetime,
                    struct signature *signature, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

#endif
