/* The shared secret that the operator chooses for an app. */
#include "ctl/secret.h"

#include <string.h>

static bool read_file(struct invocation *invocation, const char *path, const char **secret,
                      struct fault *fault) {
    const char *text;
    size_t length;
    if (!invocation_check_input(invocation, OPTION_SECRET_FILE, fault) ||
        !invocation_read_file(invocation, path, &text, &length, fault))
        return false;
    if (strlen(text) != length)
        return invocation_blame(path, "contains a NUL byte", fault);
    *secret = arena_copy(invocation->arena, text, strcspn(text, "\r\n"));
    return text[strlen(*secret) + strspn(text + strlen(*secret), "\r\n")] == '\0' ||
           invocation_blame(path, "contains more than one line", fault);
}

bool secret_read(struct invocation *invocation, const char **secret, struct fault *fault) {
    const char *path = invocation->values[OPTION_SECRET_FILE];
    *secret = invocation->values[OPTION_SECRET];
    if (path != NULL && *secret != NULL)
        return invocation_misuse(invocation, fault,
                                 "--secret and --secret-file cannot be used together");
    return path == NULL || read_file(invocation, path, secret, fault);
}
