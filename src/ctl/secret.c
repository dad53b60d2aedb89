/* The secrets that the operator chooses: shared ones of apps, passwords. */
#include "ctl/secret.h"

#include <string.h>

bool secret_read_file(struct invocation *invocation, enum option_id id, const char **secret,
                      struct fault *fault) {
    const char *path = invocation->values[id];
    const char *text;
    size_t length;
    if (!invocation_check_input(invocation, id, fault) ||
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
    return path == NULL || secret_read_file(invocation, OPTION_SECRET_FILE, secret, fault);
}
