/* Fuzzes the import of a site: the lines of an export, and the checks of their apps that need no
 * database. */
#include <stdio.h>

#include "connect/builtin_types.h"
#include "fuzz.h"
#include "host/export_reader.h"
#include "host/import_modules.h"
#include "json/json.h"

static struct arena *whole; /* owns what is there for all inputs */

static struct module_types *read_types(void) {
    static struct module_types *types;
    struct fault fault;
    require(types != NULL || module_types_read(builtin_types_json, 1, &types, &fault));
    return types;
}

static const struct export_forms *read_forms(void) {
    static struct export_forms *forms;
    struct fault fault;
    if (forms == NULL) {
        whole = arena_new();
        require(export_forms_new(whole, &forms, &fault));
    }
    return forms;
}

/* Its lines are an array that the database can read, and each problem has a line that is there. */
static void check_app(const struct import *import, struct moved_app *app, long lines) {
    struct fault fault;
    if (app->line == 0)
        return;
    require(moved_app_key(app) != NULL && app->line <= lines && !app->lines.overflow);
    require(import_modules_check(import, app, &fault) || fault.kind == FAULT_UNAVAILABLE);
    buffer_add_byte(&app->lines, ']');
    struct json_object *value;
    require(json_parse_stored(app->arena, buffer_text(&app->lines), &value, &fault));
    require(json_object_array_length(value) ==
            1 + json_object_array_length(app->modules) + json_object_array_length(app->properties));
    for (size_t i = 0; i < import->problems->count; i++) {
        long line = strtol(import->problems->items[i].pointer + strlen("line "), NULL, 10);
        require(line >= 1 && line <= lines);
    }
    moved_app_end(app);
}

static void read_all(struct arena *arena, const struct import *import, FILE *file) {
    struct export_reader reader;
    struct moved_app app = {.line = 0};
    struct export_line line = {EXPORT_HEAD, NULL};
    export_reader_init(&reader, file, read_forms());
    while (line.kind != EXPORT_KINDS && !reader.unusable) {
        struct fault fault;
        if (!export_reader_next(&reader, arena, &line, &fault)) {
            require(fault.kind == FAULT_INPUT && fault.text[0] != '\0');
            line.kind = EXPORT_HEAD;
            continue;
        }
        require(line.kind == EXPORT_KINDS || json_object_is_type(line.body, json_type_object));
        if (line.kind == EXPORT_APP || line.kind == EXPORT_END)
            check_app(import, &app, reader.number);
        if (line.kind == EXPORT_APP)
            moved_app_begin(&app, &reader, &line);
        else if (line.kind > EXPORT_APP && line.kind < EXPORT_END && app.line != 0)
            moved_app_add(&app, &reader, &line);
    }
    moved_app_end(&app);
    export_reader_release(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct config config = {.secrets_key = ""};
    struct arena *arena = arena_new();
    const struct host host = {.config = &config, .arena = arena, .site = "here"};
    const struct import import = {
        .host = &host,
        .problems = problem_list_new(arena),
        .types = read_types(),
        .module_limit = 10,
    };
    char *copy = arena_copy(arena, data, size);
    FILE *file = size == 0 ? NULL : fmemopen(copy, size, "r");
    if (file != NULL) {
        read_all(arena, &import, file);
        fclose(file);
    }
    arena_free(arena);
    return 0;
}
