/* The history of an app that is being brought in, in the same transaction as the app. */
#include "host/import_events.h"

#include "base/limits.h"
#include "store/store_import.h"

void import_events_init(struct import_events *events) {
    *events = (struct import_events){.begun = false};
    buffer_init(&events->lines, LIMIT_EXPORT_LINE + LIMIT_EXPORT_EVENTS + 2);
}

void import_events_release(struct import_events *events) {
    buffer_free(&events->lines);
}

static bool store(const struct import *import, struct import_events *events,
                  const struct moved_app *app, struct fault *fault) {
    long imported;
    if (events->lines.length == 0)
        return true;
    if (!events->begun && !database_begin(import->host->database, DATABASE_CHANGE, fault))
        return false;
    events->begun = true;
    buffer_add_byte(&events->lines, ']');
    if (!store_import_events(import->host->database, import->host->site, moved_app_key(app),
                             buffer_text(&events->lines), &imported, fault))
        return fault_set(fault, fault->kind,
                         "line %ld: the history of the app %s was not brought in: %s",
                         events->first, moved_app_key(app), fault->text);
    events->stored += imported;
    buffer_clear(&events->lines);
    return true;
}

bool import_events_add(const struct import *import, struct import_events *events,
                       const struct moved_app *app, const struct export_reader *reader,
                       struct fault *fault) {
    if (events->lines.length == 0)
        events->first = reader->number;
    buffer_add_byte(&events->lines, events->lines.length == 0 ? '[' : ',');
    buffer_add(&events->lines, reader->text.bytes, reader->text.length);
    return events->lines.length < LIMIT_EXPORT_EVENTS || store(import, events, app, fault);
}

bool import_events_store_app(const struct import *import, struct import_events *events,
                             const struct moved_app *app, bool *present, struct fault *fault) {
    if (!store(import, events, app, fault) || !import_app_store(import, app, present, fault))
        return false;
    if (*present && events->stored > 0)
        return fault_set(fault, FAULT_CONFLICT,
                         "line %ld: somebody else brings in the app %s at the same time", app->line,
                         moved_app_key(app));
    bool ok = !events->begun || database_commit(import->host->database, fault);
    events->begun = false;
    events->stored = 0;
    return ok;
}
