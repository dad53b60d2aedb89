/* The rules for modules that a JSON Schema cannot express. */
#ifndef DYNMOD_CONNECT_MODULE_RULES_H
#define DYNMOD_CONNECT_MODULE_RULES_H

#include <stddef.h>

#include "connect/module_rule.h"

/* Returns the rule at `index` of the table, or NULL after the last. */
const struct module_rule *module_rule(size_t index);

/* Adds to `problems` whatever breaks a rule in any module of surroundings->list. The modules may
 * break their schema too: each rule ignores modules of another shape. */
void module_rules_check(const struct module_surroundings *surroundings,
                        struct problem_list *problems) __attribute__((nonnull));

#endif
