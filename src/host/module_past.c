/* What became of an app's modules, and the set that they were at a moment. */
#include "host/module_past.h"

#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "json/json.h"
#include "schema/format_time.h"
#include "store/store_past.h"

enum { FIRST_PART = 20 }; /* events that are asked for before their size is known */

/* The answer as it grows. */
struct page {
    struct buffer text;
    size_t count;     /* of the events in it */
    const char *last; /* the id of the last one; at first that before which they are wanted */
    bool more;        /* there are more events */
    bool full;        /* they have no room */
};

/* How many events to ask for next: about as many as there is room for. */
static size_t next_part(const struct page *page, size_t most) {
    size_t part = FIRST_PART, wanted = most - page->count;
    if (page->count > 0)
        part = (LIMIT_HISTORY_PAGE - page->text.length) / (page->text.length / page->count) + 1;
    return part < wanted ? part : wanted;
}

static bool has_room(const struct page *page, const char *json) {
    return page->count == 0 || page->text.length + strlen(json) < LIMIT_HISTORY_PAGE;
}

/* Adds the first `part` events as far as there is room; one more only shows that there is one. */
static void add_events(struct page *page, const struct store_events *events, size_t part) {
    page->more = events->more || events->count > part;
    for (size_t i = 0; i < events->count && i < part; i++) {
        const struct store_event *event = &events->list[i];
        if (!has_room(page, event->json)) {
            page->more = page->full = true;
            return;
        }
        buffer_add_text(&page->text, page->count++ == 0 ? "" : ",");
        buffer_add_text(&page->text, event->json);
        page->last = event->id;
    }
    page->full = events->more || page->text.length >= LIMIT_HISTORY_PAGE;
}

/* In several parts, so that the database does not write a thousand large definitions that have no
 * room. */
static bool fill_page(struct database *database, struct arena *arena, const struct app *app,
                      size_t most, struct page *page, struct fault *fault) {
    while (page->more && !page->full && page->count < most) {
        struct store_events events;
        size_t part = next_part(page, most);
        if (!store_list_events(database, arena, app->site, app->key, page->last, part + 1,
                               LIMIT_HISTORY_PAGE - page->text.length, &events, fault))
            return false;
        add_events(page, &events, part);
    }
    return true;
}

bool module_past_events(struct database *database, struct arena *arena, const struct app *app,
                        const char *before, size_t most, struct past_events *events,
                        struct fault *fault) {
    struct page page = {.last = before, .more = true};
    buffer_init(&page.text, LIMIT_RESPONSE);
    if (!fill_page(database, arena, app, most, &page, fault)) {
        buffer_free(&page.text);
        return false;
    }
    events->json = arena_format(arena, "{\"events\":[%s]}", buffer_to_arena(&page.text, arena));
    events->next = page.more ? page.last : NULL;
    return true;
}

/* ---- The set at a moment ---- */

bool module_past_is_moment(const char *text, size_t length) {
    return schema_time_is_date_time(text, length);
}

/* Why there is no set, for the client where it can know better. */
static bool explain(struct database *database, struct arena *arena, const struct app *app,
                    struct fault *fault) {
    const char *sqlstate = database_sqlstate(database);
    struct json_object *detail;
    struct fault ignored;
    if (strcmp(sqlstate, STORE_HISTORY_BEGINS) == 0 &&
        json_parse_stored(arena, database_detail(database), &detail, &ignored))
        return fault_set(fault, FAULT_NOT_FOUND, "The history of the app %s begins at %s.",
                         app->key, json_member_text(detail, "begins"));
    return fault->kind == FAULT_NOT_FOUND
               ? fault_set(fault, FAULT_REFUSED, "the app was removed in the meantime")
               : false;
}

/* Whether all definitions are there. */
static bool check_definitions(const struct store_past_module *modules, size_t count,
                              struct fault *fault) {
    struct buffer keys;
    size_t missing = 0;
    buffer_init(&keys, LIMIT_ECHO);
    for (size_t i = 0; i < count; i++) {
        if (modules[i].definition != NULL)
            continue;
        buffer_add_text(&keys, missing++ == 0 ? "" : ", ");
        buffer_add_text(&keys, modules[i].key);
    }
    if (missing > 0)
        fault_fill(fault, FAULT_NOT_FOUND,
                   "The history does not have the definitions of %zu of these modules any more: "
                   "%s%s.",
                   missing, buffer_text(&keys), keys.overflow ? "..." : "");
    buffer_free(&keys);
    return missing == 0;
}

/* Adds the type of the module at `first` with all of its modules, unless it was added before. */
static void add_type(struct buffer *text, const struct module_types *types,
                     const struct store_past_module *modules, size_t count, size_t first) {
    const char *name = modules[first].type;
    const struct module_type *type = module_types_find(types, name);
    const bool single = type != NULL && type->single;
    for (size_t i = 0; i < first; i++)
        if (strcmp(modules[i].type, name) == 0)
            return;
    buffer_add_text(text, first == 0 ? "" : ",");
    json_add_string(text, name, strlen(name));
    buffer_add_text(text, single ? ":" : ":[");
    for (size_t i = first; i < count; i++) {
        if (strcmp(modules[i].type, name) != 0)
            continue;
        buffer_add_text(text, i == first ? "" : ",");
        buffer_add_text(text, modules[i].definition);
    }
    buffer_add_text(text, single ? "" : "]");
}

bool module_past_document(struct database *database, struct arena *arena,
                          const struct module_types *types, const struct app *app,
                          const char *moment, const char **document, struct fault *fault) {
    struct store_past_module *modules;
    size_t count;
    struct buffer text;
    if (!store_list_past_modules(database, arena, app->site, app->key, moment, STORE_PAST_APP,
                                 &modules, &count, fault))
        return explain(database, arena, app, fault);
    if (!check_definitions(modules, count, fault))
        return false;
    buffer_init(&text, LIMIT_RESPONSE);
    buffer_add_byte(&text, '{');
    for (size_t i = 0; i < count; i++)
        add_type(&text, types, modules, count, i);
    buffer_add_byte(&text, '}');
    *document = buffer_to_arena(&text, arena);
    return true;
}
