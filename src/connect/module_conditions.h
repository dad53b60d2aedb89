/* The conditions under which a module is shown. */
#ifndef DYNMOD_CONNECT_MODULE_CONDITIONS_H
#define DYNMOD_CONNECT_MODULE_CONDITIONS_H

#include "connect/module_rule.h"

/* Each is the check of a rule in module_rules.c. */

/* Every condition has a known name. */
void module_conditions_known(const struct module_rule *rule, const struct module *module,
                             const struct module_surroundings *surroundings,
                             struct problem_list *problems);
/* No condition needs an issue or a project, which a page does not have. */
void module_conditions_context_free(const struct module_rule *rule, const struct module *module,
                                    const struct module_surroundings *surroundings,
                                    struct problem_list *problems);

#endif
