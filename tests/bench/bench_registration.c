/* Measures the two halves of a registration of 100 modules side by side: the check and the write.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/config.h"
#include "host/registration.h"
#include "json/json.h"
#include "store/store_find.h"

enum { MODULES = 100, ROUNDS = 100 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int fail(const char *what, const struct fault *fault) {
    fprintf(stderr, "bench_registration: %s: %s\n", what, fault->text);
    return EXIT_FAILURE;
}

/* A request of web items with every member that the type has. */
static const char *request_body(struct arena *arena, const char *file_name) {
    struct json_object *file = json_keep(arena, json_object_from_file(file_name));
    struct json_object *item = json_member(file, "maximal");
    struct buffer body;
    buffer_init(&body, 1 << 20);
    buffer_add_text(&body, "{\"webItems\":[");
    for (int i = 0; i < MODULES; i++) {
        json_object_object_add(item, "key", json_object_new_string(arena_format(arena, "k%d", i)));
        buffer_add_format(&body, "%s%s", i == 0 ? "" : ",", json_text(item));
    }
    buffer_add_text(&body, "]}");
    const char *text = arena_copy(arena, buffer_text(&body), body.length);
    buffer_free(&body);
    return text;
}

/* One round: adds the seconds of the check and of the write. */
static bool run(struct database *database, const struct app *app, const struct module_types *types,
                const char *body, double *check, double *write, struct fault *fault) {
    struct arena *arena = arena_new();
    struct problem_list *problems = problem_list_new(arena);
    struct json_object *sent;
    struct module_list list;
    long removed;
    double start = seconds();
    bool ok = json_parse(arena, body, strlen(body), &sent, fault) &&
              registration_check(arena, types, app, sent, &list, problems, fault);
    double middle = seconds();
    ok = ok && registration_store(database, "default", app, &list, problems, fault);
    double end = seconds();
    if (ok && problems->errors > 0)
        ok = fault_set(fault, FAULT_INPUT, "%s", registration_message(problems));
    ok = ok && registration_remove(database, arena, "default", app, NULL, &removed, fault);
    *check += middle - start;
    *write += end - middle;
    arena_free(arena);
    return ok;
}

int main(int argc, char **argv) {
    struct arena *arena = arena_new();
    struct config config;
    struct fault fault;
    struct app app;
    struct store_types stored;
    struct module_types *types;
    double check = 0, write = 0;
    if (argc != 4 || !config_load(arena, argv[1], &config, &fault)) {
        fputs("usage: bench_registration CONFIG APP MODULE-FILE\n", stderr);
        return EXIT_FAILURE;
    }
    struct database *database = database_new(&config, "bench_registration", true);
    if (!store_find_app_for_registration(database, arena, "default", argv[2], 0, &app, &stored,
                                         &fault))
        return fail("no app", &fault);
    if (app.state == NULL || !module_types_read(stored.json, 1, &types, &fault))
        return fail("no types", &fault);
    const char *body = request_body(arena, argv[3]);
    for (int round = -5; round < ROUNDS; round++) {
        if (round == 0)
            check = write = 0; /* what came before warmed up */
        if (!run(database, &app, types, body, &check, &write, &fault))
            return fail("round", &fault);
    }
    printf("checking %d modules (%zu bytes): %.2f ms, writing them: %.2f ms, ratio %.3f\n", MODULES,
           strlen(body), check / ROUNDS * 1e3, write / ROUNDS * 1e3, check / write);
    module_types_free(types);
    database_free(database);
    arena_free(arena);
    return EXIT_SUCCESS;
}
