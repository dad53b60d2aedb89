/* dynmodctl doctor: whether everything is in place. */
#include "ctl/account.h"
#include "ctl/doctor_config.h"
#include "ctl/doctor_database.h"
#include "ctl/doctor_disk.h"
#include "ctl/doctor_roles.h"
#include "ctl/doctor_url.h"
#include "ctl/doctor_web.h"
#include "ctl/finding.h"
#include "ctl/handlers.h"

/* As the web program would connect. */
static bool check_connection(struct findings *findings, struct fault *fault) {
    if (!account_assume_name(findings->invocation->arena, findings->user, fault))
        return false;
    doctor_check_connection(findings);
    account_resume();
    return true;
}

bool run_doctor(struct invocation *invocation, struct fault *fault) {
    struct findings findings;
    findings_init(&findings, invocation);
    findings.user = invocation->values[OPTION_AS];
    if (!account_assume_name(invocation->arena, findings.user, fault))
        return false;
    account_resume();
    if (doctor_check_config(&findings)) {
        doctor_open_cluster(&findings);
        if (!check_connection(&findings, fault))
            return false;
        doctor_check_database(&findings);
    }
    doctor_check_web_servers(&findings);
    doctor_check_disks(&findings);
    if (invocation_has(invocation, OPTION_URL))
        doctor_check_url(&findings, invocation->values[OPTION_URL]);
    findings_print(&findings);
    return findings.errors == 0 || fault_set(fault, FAULT_INTERNAL, "found %zu error%s",
                                             findings.errors, findings.errors == 1 ? "" : "s");
}
