/* The question before something is lost for good. */
#include "ctl/confirmation.h"

#include <stdio.h>
#include <strings.h>
#include <unistd.h>

bool confirmation_get(const struct invocation *invocation, const char *loss, struct fault *fault) {
    char answer[8] = "";
    if (invocation_has(invocation, OPTION_YES))
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return fault_set(fault, FAULT_REFUSED, "%s cannot be undone; --yes confirms it", loss);
    fprintf(stderr, "%s cannot be undone. Go on? [y/N] ", loss);
    if (fgets(answer, sizeof answer, stdin) != NULL &&
        (strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0))
        return true;
    return fault_set(fault, FAULT_REFUSED, "nothing was removed");
}
