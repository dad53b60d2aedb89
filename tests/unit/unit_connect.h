/* What the unit tests of Connect's rules share. */
#ifndef DYNMOD_TESTS_UNIT_UNIT_CONNECT_H
#define DYNMOD_TESTS_UNIT_UNIT_CONNECT_H

#include "connect/module_type.h"
#include "connect/problem.h"
#include "connect/qsh.h"
#include "unit.h"

/* The module types of a document as in sql/module_types, quoted as by unit_quoted(); owned by the
 * arena. */
struct module_types *unit_types(struct arena *arena, const char *json);

/* The problems in their order, each as a line "severity rule pointer"; owned by the arena. */
const char *unit_problem_lines(struct arena *arena, const struct problem_list *problems);

/* The request for the request-target `target`; what it points to is owned by the arena. */
struct qsh_request unit_request(struct arena *arena, const char *method, const char *target,
                                const char *context_path);

#endif
