/* The shared secret of an app as the operator wants it. */
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
        return fault_set(fault, FAULT_INPUT, "%s holds no text", path);
    *secret = arena_copy(invocation->arena, text, strcspn(text, "\r\n"));
    return text[strlen(*secret) + strspn(text + strlen(*secret), "\r\n")] == '\0' ||
           fault_set(fault, FAULT_INPUT, "%s has more than one line", path);
}

bool secret_read(struct invocation *invocation, const char **secret, struct fault *fault) {
    const char *path = invocation->values[OPTION_SECRET_FILE];
    *secret = invocation->values[OPTION_SECRET];
    if (path != NULL && *secret != NULL)
        return invocation_misuse(invocation, fault, "give either --secret or --secret-file");
    return path == NULL || read_file(invocation, path, secret, fault);
}
