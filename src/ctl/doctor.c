/* dynmodctl doctor: whether everything is in place. */
#include "ctl/handlers.h"

bool run_doctor(struct invocation *invocation, struct fault *fault) {
    return invocation_open_database(invocation, fault);
}
