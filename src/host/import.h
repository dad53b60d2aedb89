/* What all parts of an import of a site share. */
#ifndef DYNMOD_HOST_IMPORT_H
#define DYNMOD_HOST_IMPORT_H

#include "connect/module_type.h"
#include "connect/problem.h"
#include "host/host.h"
#include "host/seen.h"

struct import {
    const struct host *host;       /* its site is the name that the site gets here */
    struct problem_list *problems; /* whose places begin with a line */

    /* known once the lines before the apps have been checked */
    struct module_types *types;
    long module_limit, byte_limit, module_byte_limit;

    struct seen *keys, *secrets; /* of the apps so far */
};

/* Adds an error in a line of the export, at this place in it, "" for the whole line. */
void import_problem(const struct import *import, long line, const char *pointer, const char *rule,
                    const char *format, ...) __attribute__((nonnull, format(printf, 5, 6)));

#endif
