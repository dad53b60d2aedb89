/* The rules of modules that a JSON Schema cannot say. */
#ifndef DYNMOD_CONNECT_MODULE_RULES_H
#define DYNMOD_CONNECT_MODULE_RULES_H

#include <json-c/json.h>

#include "connect/module_list.h"
#include "connect/problem.h"

/* What the rules look at besides a module itself. */
struct module_surroundings {
    const struct module_list *list; /* what comes together with it */
    struct json_object *present;    /* what the app has: [{"type","key","origin"}], or NULL */
    struct json_object *scopes;     /* of the app, an array of texts, or NULL */
};

/* A rule: each has a name that stands in the problems it adds, and a severity. */
struct module_rule {
    const char *name;
    enum problem_severity severity;
    const char *type; /* the module type it is about; NULL for all */
    void (*check)(const struct module_rule *rule, const struct module *module,
                  const struct module_surroundings *surroundings, struct problem_list *problems);
};

/* The rule at `index` of the table, NULL behind the last. */
const struct module_rule *module_rule(size_t index);

/* Adds to `problems` what breaks a rule in any module of surroundings->list. The modules may break
 * their schema too: a rule passes over what has not the form that it is about. */
void module_rules_check(const struct module_surroundings *surroundings,
                        struct problem_list *problems) __attribute__((nonnull));

#endif
