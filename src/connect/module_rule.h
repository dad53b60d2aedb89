/* One rule of modules, and what it looks at. */
#ifndef DYNMOD_CONNECT_MODULE_RULE_H
#define DYNMOD_CONNECT_MODULE_RULE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/app.h"
#include "connect/module_list.h"
#include "connect/problem.h"

/* What the rules look at apart from the module itself. */
struct module_surroundings {
    const struct module_list *list; /* what was sent together with it */
    const struct app *app;          /* its scopes, and the modules it has already */
    bool dynamic;                   /* it is registered by the app, which not all types may be */
};

/* A rule, with the name and the severity of the problems that it adds. */
struct module_rule {
    const char *name;
    enum problem_severity severity;
    const char *type; /* the module type it is about; NULL for all */
    void (*check)(const struct module_rule *rule, const struct module *module,
                  const struct module_surroundings *surroundings, struct problem_list *problems);
};

#endif
