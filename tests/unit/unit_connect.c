/* What the unit tests of Connect's rules share. */
#include "unit_connect.h"

#include "http/uri.h"

static void release_types(void *types) {
    module_types_free(types);
}

struct module_types *unit_types(struct arena *arena, const char *json) {
    struct module_types *types;
    struct fault fault = {0};
    if (!module_types_read(unit_quoted(arena, json), 1, &types, &fault))
        fail_msg("%s", fault.text);
    arena_keep(arena, release_types, types);
    return types;
}

const char *unit_problem_lines(struct arena *arena, const struct problem_list *problems) {
    const char *lines = "";
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->items[i];
        const char *severity = problem->severity == PROBLEM_ERROR ? "error" : "warning";
        lines =
            arena_format(arena, "%s%s %s %s\n", lines, severity, problem->rule, problem->pointer);
    }
    return lines;
}

struct qsh_request unit_request(struct arena *arena, const char *method, const char *target,
                                const char *context_path) {
    struct uri_target parts;
    struct fault fault = {0};
    struct query *query = arena_alloc(arena, sizeof *query);
    if (!uri_split_target(arena, target, &parts, &fault) ||
        !query_parse(arena, parts.query, query, &fault))
        fail_msg("%s: %s", target, fault.text);
    return (struct qsh_request){method, parts.path, context_path, query};
}
