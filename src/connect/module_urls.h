/* The addresses in modules, which the host product puts into its pages. */
#ifndef DYNMOD_CONNECT_MODULE_URLS_H
#define DYNMOD_CONNECT_MODULE_URLS_H

#include "connect/module_rule.h"

/* The name of the rule below, for problem_list_treat_as_error(). */
#define MODULE_URLS_RULE "urlScheme"

/* The check of a rule in module_rules.c: no member that holds an address, at any depth, has one
 * that a browser would run as a script or take for a document of its own. Such a member is named
 * "url" or ends in "Url", as all do in the schemas of Jira's module types. */
void module_urls_scheme(const struct module_rule *rule, const struct module *module,
                        const struct module_surroundings *surroundings,
                        struct problem_list *problems);

#endif
