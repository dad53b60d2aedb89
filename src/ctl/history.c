/* dynmodctl history: what became of sites, apps, modules and module types. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ctl/handlers.h"
#include "ctl/output.h"
#include "json/json.h"
#include "store/store_history.h"

enum { STEP = 1000 }; /* rows of a kind in one transaction, so that nobody waits for it */

#define DEFAULT_LIMIT "100"
/* To follow means to look at the newest events again and again; one that is seen later than this,
 * as its transaction took so long, is missed. */
#define WINDOW "10 minutes ago"
#define WINDOW_LIMIT "1000"
static const struct timespec pause = {.tv_sec = 1};

static const struct output_column columns[] = {
    {"WHEN", "happenedAt"}, {"EVENT", "event"},   {"ACTOR", "actor"},    {"SITE", "site"},
    {"APP", "app"},         {"KIND", "kind"},     {"DONE", "operation"}, {"TYPE", "type"},
    {"MODULE", "module"},   {"REASON", "reason"}, {"DETAIL", "detail"},  {NULL, NULL},
};

static struct store_history read_selection(const struct invocation *invocation) {
    const char *const *values = invocation->values;
    const char *limit = values[OPTION_LIMIT];
    return (struct store_history){
        .site = values[OPTION_SITE],
        .app_key = values[OPTION_APP],
        .actor = values[OPTION_ACTOR],
        .module_key = values[OPTION_KEY],
        .since = values[OPTION_SINCE],
        .until = values[OPTION_UNTIL],
        .most = limit == NULL ? DEFAULT_LIMIT : limit,
    };
}

static const char *name_of(struct arena *arena, struct json_object *event) {
    return arena_format(arena, "%s %lld", json_member_text(event, "kind"),
                        (long long)json_object_get_int64(json_member(event, "id")));
}

/* Adds the events to `seen`, an object with their names; returns those that it had not, oldest
 * first, owned by the arena. */
static struct json_object *take_new(struct arena *arena, struct json_object *events,
                                    struct json_object *seen) {
    struct json_object *fresh = json_keep(arena, json_object_new_array());
    for (size_t i = json_object_array_length(events); i-- > 0;) {
        struct json_object *event = json_object_array_get_idx(events, i);
        const char *name = name_of(arena, event);
        if (json_object_object_get_ex(seen, name, NULL))
            continue;
        json_object_object_add(seen, name, NULL);
        json_object_array_add(fresh, json_object_get(event));
    }
    return fresh;
}

struct following {
    struct json_object *seen; /* an object with the names of the events in the window */
    size_t *widths;
};

/* What --json shows has the definitions, too. */
static bool complete(const struct invocation *invocation, struct json_object *events,
                     struct fault *fault) {
    return !invocation_has(invocation, OPTION_JSON) ||
           store_add_definitions(invocation->database, invocation->arena, events, fault);
}

/* Looks at the window; prints what is new there if `print` says so. */
static bool look(struct invocation *invocation, struct following *following, bool print,
                 struct fault *fault) {
    struct invocation step = *invocation;
    struct store_history window = read_selection(invocation);
    struct json_object *events, *present = json_object_new_object();
    window.since = WINDOW;
    window.most = WINDOW_LIMIT;
    step.arena = arena_new(); /* it may go on for long */
    bool ok = store_list_history(step.database, step.arena, &window, &events, fault);
    if (ok) {
        struct json_object *fresh = take_new(step.arena, events, following->seen);
        if (print && json_object_array_length(fresh) >= (size_t)strtol(WINDOW_LIMIT, NULL, 10))
            invocation_warn("more has happened at once than is shown here");
        ok = !print || complete(&step, fresh, fault);
        if (print && ok)
            output_more(&step, fresh, columns, following->widths);
        take_new(step.arena, events, present);
        json_object_put(following->seen);
        following->seen = json_object_get(present);
    }
    json_object_put(present);
    arena_free(step.arena);
    return ok;
}

static bool follow(struct invocation *invocation, struct fault *fault) {
    const struct store_history wanted = read_selection(invocation);
    struct following following = {json_object_new_object(), output_widths(invocation, columns)};
    struct json_object *events;
    bool ok =
        look(invocation, &following, false, fault) &&
        store_list_history(invocation->database, invocation->arena, &wanted, &events, fault) &&
        complete(invocation, events, fault);
    if (ok) {
        struct json_object *none = json_keep(invocation->arena, json_object_new_object());
        output_more(invocation, take_new(invocation->arena, events, none), columns,
                    following.widths);
        take_new(invocation->arena, events, following.seen);
    }
    while (ok && fflush(stdout) == 0 && !ferror(stdout)) {
        nanosleep(&pause, NULL);
        ok = look(invocation, &following, true, fault);
    }
    json_object_put(following.seen);
    return ok;
}

bool run_history(struct invocation *invocation, struct fault *fault) {
    const struct store_history wanted = read_selection(invocation);
    struct json_object *events;
    if (invocation_has(invocation, OPTION_FOLLOW)) {
        if (invocation_has(invocation, OPTION_UNTIL))
            return invocation_misuse(invocation, fault,
                                     "--until and --follow cannot be used together");
        return follow(invocation, fault);
    }
    if (!store_list_history(invocation->database, invocation->arena, &wanted, &events, fault) ||
        !complete(invocation, events, fault))
        return false;
    output_list(invocation, events, columns);
    return true;
}

static bool prune(struct invocation *invocation, long *deleted, struct fault *fault) {
    long step = 0;
    do {
        if (!store_prune_history(invocation->database, invocation->arena,
                                 invocation->values[OPTION_SITE], invocation->values[OPTION_KEEP],
                                 STEP, &step, fault))
            return false;
        *deleted += step;
    } while (step > 0);
    return true;
}

bool run_history_prune(struct invocation *invocation, struct fault *fault) {
    long deleted = 0;
    if (!prune(invocation, &deleted, fault))
        return false;
    struct json_object *answer = json_keep(invocation->arena, json_object_new_object());
    json_object_object_add(answer, "deleted", json_object_new_int64(deleted));
    output_done(invocation, answer, "deleted %ld row%s of history", deleted,
                deleted == 1 ? "" : "s");
    return true;
}
