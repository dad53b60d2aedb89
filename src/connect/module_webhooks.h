/* The events that webhooks listen to. */
#ifndef DYNMOD_CONNECT_MODULE_WEBHOOKS_H
#define DYNMOD_CONNECT_MODULE_WEBHOOKS_H

#include "connect/module_rule.h"

/* Each is the check of a rule in module_rules.c. */

/* The event is known. */
void module_webhooks_event(const struct module_rule *rule, const struct module *module,
                           const struct module_surroundings *surroundings,
                           struct problem_list *problems);
/* A filter is given only for an event that takes one. */
void module_webhooks_filter(const struct module_rule *rule, const struct module *module,
                            const struct module_surroundings *surroundings,
                            struct problem_list *problems);

#endif
