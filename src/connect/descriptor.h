/* The descriptor of an app (atlassian-connect.json) and its rules. */
#ifndef DYNMOD_CONNECT_DESCRIPTOR_H
#define DYNMOD_CONNECT_DESCRIPTOR_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/fault.h"
#include "base/memory.h"
#include "connect/module_list.h"
#include "connect/module_type.h"
#include "connect/problem.h"

/* What an installation needs to know about a descriptor; valid as long as its JSON and the arena
 * are. */
struct descriptor {
    struct json_object *json;   /* all of it */
    const char *key;            /* of the app; NULL when it is missing or not a string */
    struct json_object *scopes; /* array of strings, as they were sent; NULL for none */
    struct module_list modules; /* of all types, in order */
};

/* Reads a descriptor and adds everything that is wrong with it to `problems`, sorted. Checks its
 * own members, and its modules by the rules that apply to any module; unknown members are warnings.
 * The descriptor is valid when there are no errors. Fails with FAULT_UNAVAILABLE when the schema of
 * a module type is broken. */
bool descriptor_read(struct arena *arena, const struct module_types *types,
                     struct json_object *sent, struct descriptor *descriptor,
                     struct problem_list *problems, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5, 6), warn_unused_result));

#endif
