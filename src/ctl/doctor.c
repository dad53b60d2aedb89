/* dynmodctl doctor: whether everything is in place. */
#include <string.h>
#include <sys/stat.h>

#include "ctl/doctor_database.h"
#include "ctl/doctor_web.h"
#include "ctl/finding.h"
#include "ctl/handlers.h"

/* Whether there is a usable configuration. config_load() itself refuses a file that contains a
 * password and that every user can read. */
static bool check_config(struct findings *findings) {
    struct invocation *invocation = findings->invocation;
    struct stat status;
    struct fault fault;
    if (!invocation_load_config(invocation, &fault)) {
        findings_add(findings, FINDING_ERROR, "configuration", "%s", fault.text);
        return false;
    }
    const char *path = invocation->config.path;
    if (stat(path, &status) == 0 && (status.st_mode & S_IWOTH) != 0)
        findings_add(findings, FINDING_ERROR, "configuration",
                     "every user can change %s; run chmod o-w on it", path);
    else
        findings_add(findings, FINDING_OK, "configuration", "%s", path);
    return true;
}

bool run_doctor(struct invocation *invocation, struct fault *fault) {
    struct findings findings;
    findings_init(&findings, invocation);
    if (check_config(&findings))
        doctor_check_database(&findings);
    doctor_check_web_servers(&findings);
    findings_print(&findings);
    return findings.errors == 0 || fault_set(fault, FAULT_INTERNAL, "found %zu error%s",
                                             findings.errors, findings.errors == 1 ? "" : "s");
}
