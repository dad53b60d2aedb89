/* The secret with which an app and the host sign requests. */
#include "connect/shared_secret.h"

#include <string.h>

#include "base/limits.h"

bool shared_secret_check(const char *secret, struct fault *fault) {
    size_t length = strlen(secret);
    if (length < LIMIT_SECRET_MINIMUM)
        return fault_set(fault, FAULT_INPUT,
                         "the shared secret has %zu bytes but needs at least %d", length,
                         LIMIT_SECRET_MINIMUM);
    for (; *secret != '\0'; secret++)
        if (*secret < '!' || *secret > '~')
            return fault_set(fault, FAULT_INPUT,
                             "the shared secret may contain visible ASCII characters only");
    return true;
}
