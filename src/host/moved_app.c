/* One app of an export, as it is collected from its lines. */
#include "host/moved_app.h"

#include "base/limits.h"
#include "json/json.h"

static void add_text(struct moved_app *app, const struct export_reader *reader) {
    buffer_add_byte(&app->lines, app->lines.length == 0 ? '[' : ',');
    buffer_add(&app->lines, reader->text.bytes, reader->text.length);
}

void moved_app_begin(struct moved_app *app, const struct export_reader *reader,
                     const struct export_line *line) {
    *app = (struct moved_app){.arena = arena_new(), .line = reader->number};
    buffer_init(&app->lines, LIMIT_EXPORT_APP);
    app->body = json_keep(app->arena, json_object_get(line->body));
    app->modules = json_keep(app->arena, json_object_new_array());
    app->properties = json_keep(app->arena, json_object_new_array());
    add_text(app, reader);
}

void moved_app_add(struct moved_app *app, const struct export_reader *reader,
                   const struct export_line *line) {
    if (line->kind == EXPORT_SECRET) {
        app->secret = json_keep(app->arena, json_object_get(line->body));
        app->secret_line = reader->number;
    }
    if (line->kind != EXPORT_MODULE && line->kind != EXPORT_PROPERTY)
        return;
    struct json_object *list = line->kind == EXPORT_MODULE ? app->modules : app->properties;
    long *first = line->kind == EXPORT_MODULE ? &app->modules_line : &app->properties_line;
    if (json_object_array_length(list) == 0)
        *first = reader->number;
    json_object_array_add(list, json_object_get(line->body));
    add_text(app, reader);
}

void moved_app_end(struct moved_app *app) {
    buffer_free(&app->lines);
    arena_free(app->arena);
    *app = (struct moved_app){.line = 0};
}

const char *moved_app_key(const struct moved_app *app) {
    return json_member_text(app->body, "key");
}
