/* Measures what the check of a registration costs, without database and web server.
 *
 *   validation FILE ROUNDS
 *
 * FILE is a map of modules as apps send it; prints the microseconds of one check.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "connect/builtin_types.h"
#include "host/registration.h"
#include "json/json.h"

enum { BODY_MAX = 1 << 20, WARM_UP = 5 };

static double microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Parses and checks the body, as a request does before it asks the database to write. */
static bool check(const struct module_types *types, const char *body, size_t length,
                  struct fault *fault) {
    static const char *every_scope[] = {"ADMIN"};
    const struct app app = {.key = "bench", .scopes = {every_scope, 1}, .module_limit = 1000};
    struct arena *arena = arena_new();
    struct problem_list *problems = problem_list_new(arena);
    struct json_object *sent;
    struct module_list list;
    bool ok = json_parse(arena, body, length, &sent, fault) &&
              registration_check(arena, types, &app, sent, &list, problems, fault);
    if (ok && problems->count > 0)
        ok = fault_set(fault, FAULT_INPUT, "%s", problems->items[0].text);
    arena_free(arena);
    return ok;
}

int main(int argc, char **argv) {
    static char body[BODY_MAX];
    struct module_types *types;
    struct fault fault;
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fputs("usage: validation FILE ROUNDS\n", stderr);
        return EXIT_FAILURE;
    }
    size_t length = fread(body, 1, sizeof body, file);
    long rounds = strtol(argv[2], NULL, 10);
    fclose(file);
    bool ok = module_types_read(builtin_types_json, 1, &types, &fault);
    double start = 0;
    for (long round = -WARM_UP; ok && round < rounds; round++) {
        if (round == 0)
            start = microseconds();
        ok = check(types, body, length, &fault);
    }
    if (!ok) {
        fprintf(stderr, "validation: %s\n", fault.text);
        return EXIT_FAILURE;
    }
    printf("%.2f\n", (microseconds() - start) / (double)rounds);
    module_types_free(types);
    return EXIT_SUCCESS;
}
