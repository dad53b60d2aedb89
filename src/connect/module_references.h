/* References from one module to another of the same app. */
#ifndef DYNMOD_CONNECT_MODULE_REFERENCES_H
#define DYNMOD_CONNECT_MODULE_REFERENCES_H

#include "connect/module_rule.h"

/* Each is the check of a rule in module_rules.c: what the module refers to by key must be among the
 * modules that were sent with it or that the app has, and have the right type. */

/* `adminPageKey` of a time tracking provider names an admin page. */
void module_references_admin_page(const struct module_rule *rule, const struct module *module,
                                  const struct module_surroundings *surroundings,
                                  struct problem_list *problems);
/* `target.key` of a keyboard shortcut names a general page, a dialog or a web item. */
void module_references_shortcut(const struct module_rule *rule, const struct module *module,
                                const struct module_surroundings *surroundings,
                                struct problem_list *problems);
/* `target.options.key` with a target of type dialogmodule names a dialog. */
void module_references_dialog(const struct module_rule *rule, const struct module *module,
                              const struct module_surroundings *surroundings,
                              struct problem_list *problems);
/* `group` of a queue names a queue group, that of a report a report group. */
void module_references_queue_group(const struct module_rule *rule, const struct module *module,
                                   const struct module_surroundings *surroundings,
                                   struct problem_list *problems);
void module_references_report_group(const struct module_rule *rule, const struct module *module,
                                    const struct module_surroundings *surroundings,
                                    struct problem_list *problems);

#endif
