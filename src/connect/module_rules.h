/* The rules of modules that a JSON Schema cannot say. */
#ifndef DYNMOD_CONNECT_MODULE_RULES_H
#define DYNMOD_CONNECT_MODULE_RULES_H

#include <stddef.h>

#include "connect/module_rule.h"

/* The rule at `index` of the table, NULL behind the last. */
const struct module_rule *module_rule(size_t index);

/* Adds to `problems` what breaks a rule in any module of surroundings->list. The modules may break
 * their schema too: a rule passes over what has not the form that it is about. */
void module_rules_check(const struct module_surroundings *surroundings,
                        struct problem_list *problems) __attribute__((nonnull));

#endif
