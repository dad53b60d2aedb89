/* A request that changes an app's dynamic modules: its headers, and its answer but for the modules.
 */
#include "api/change.h"

#include <string.h>

#include "host/app_access.h"
#include "host/module_set.h"
#include "host/service.h"
#include "http/etag.h"
#include "http/preference.h"
#include "json/json.h"

#define DRY_RUN "X-Dynmod-Dry-Run"
#define NO_MODULES "{}" /* as a document */

static const char *tag_of(const struct change *change, const char *revision) {
    return arena_format(change->exchange->request->arena, "\"%s\"", revision);
}

static void add_tag(struct change *change, const char *revision) {
    response_header(change->exchange->response, "ETag", tag_of(change, revision));
}

static bool look(const struct change *change, struct app *present, struct fault *fault) {
    const struct host host = service_host(change->exchange);
    return module_set_look(&host, change->app, present, fault);
}

/* ---- Headers ---- */

static bool read_dry_run(struct change *change, struct fault *fault) {
    const char *value = change->exchange->request->dry_run;
    change->terms.dry_run = value != NULL && strcmp(value, "true") == 0;
    if (change->terms.dry_run)
        response_header(change->exchange->response, DRY_RUN, value);
    return value == NULL || change->terms.dry_run || strcmp(value, "false") == 0 ||
           fault_set(fault, FAULT_INPUT, "The header " DRY_RUN " must be \"true\" or \"false\".");
}

static bool read_tags(const struct change *change, const char *name, const char *value,
                      struct etag_list *list, struct fault *fault) {
    return etag_list_read(change->exchange->request->arena, value, list) ||
           fault_set(fault, FAULT_INPUT,
                     "The header %s must be \"*\" or a list of entity tags, with their quotes, as "
                     "ETag has them.",
                     name);
}

/* Expects the revisions; the arena owns the list. */
static void expect(struct change *change, const char **revisions, size_t count) {
    struct app_texts *expected = arena_alloc(change->exchange->request->arena, sizeof *expected);
    *expected = (struct app_texts){revisions, count};
    change->terms.expected = expected;
}

static void expect_one(struct change *change, const char *revision) {
    const char **revisions = arena_alloc(change->exchange->request->arena, sizeof *revisions);
    revisions[0] = revision;
    expect(change, revisions, 1);
}

static bool read_if_match(struct change *change, struct fault *fault) {
    const char *value = change->exchange->request->if_match;
    struct etag_list list;
    if (value == NULL)
        return true;
    if (!read_tags(change, "If-Match", value, &list, fault))
        return false;
    if (!list.any) /* every app that may call has a set */
        expect(change, list.numbers, list.count);
    return true;
}

static bool has_no_modules(const struct app *present) {
    return strcmp(present->document, NO_MODULES) == 0;
}

/* Whether the terms would be met by what was found. */
static bool is_met(const struct store_terms *terms, const struct app *present) {
    if (terms->expected == NULL)
        return true;
    for (size_t i = 0; i < terms->expected->count; i++) {
        const char *revision = terms->expected->list[i];
        if (strcmp(revision, present->revision) == 0 ||
            (strcmp(revision, STORE_NO_MODULES) == 0 && has_no_modules(present)))
            return true;
    }
    return false;
}

/* "*" alone becomes a term for the database. What else there can be is decided by what is there
 * now: tags do not come back, and with If-Match too, that very set is expected. */
static bool read_if_none_match(struct change *change, struct fault *fault) {
    const char *value = change->exchange->request->if_none_match;
    struct etag_list list;
    struct app present;
    if (value == NULL)
        return true;
    if (!read_tags(change, "If-None-Match", value, &list, fault))
        return false;
    if (list.any && change->terms.expected == NULL) {
        expect_one(change, STORE_NO_MODULES);
        return true;
    }
    if (!look(change, &present, fault))
        return false;
    change->done.revision = present.revision;
    change->done.unexpected = list.any ? !has_no_modules(&present)
                                       : etag_matches(value, tag_of(change, present.revision));
    if (change->terms.expected != NULL && is_met(&change->terms, &present))
        expect_one(change, present.revision);
    return true;
}

/* Expects the app, and the types, to be what the process knows. */
static void expect_known(struct change *change) {
    const struct service *service = change->exchange->service;
    change->terms.standing = change->app->standing;
    change->terms.types_version = module_types_version(service->types);
}

bool change_begin(struct change *change, enum change_kind kind, struct exchange *exchange,
                  const struct app *app) {
    struct fault fault;
    *change = (struct change){
        .kind = kind,
        .exchange = exchange,
        .app = app,
        .wants_set = preference_is(exchange->request->prefer, "return", "representation"),
    };
    if (exchange->presumed)
        expect_known(change);
    if (!read_dry_run(change, &fault) || !read_if_match(change, &fault) ||
        (kind == CHANGE_REPLACES && !read_if_none_match(change, &fault))) {
        change_fail(change, &fault);
        return false;
    }
    if (change->done.unexpected)
        change_answer_unexpected(change);
    return !change->done.unexpected;
}

/* ---- Answers ---- */

bool change_meets_terms(struct change *change) {
    struct app present;
    struct fault fault;
    if (change->terms.expected == NULL)
        return true;
    if (!look(change, &present, &fault)) {
        change_fail(change, &fault);
        return false;
    }
    if (is_met(&change->terms, &present))
        return true;
    change->done.revision = present.revision;
    change_answer_unexpected(change);
    return false;
}

bool change_confirm(struct change *change, bool refused) {
    struct exchange *exchange = change->exchange;
    exchange->presumed = exchange->presumed && (refused || change->done.not_as_known);
    return !exchange->presumed;
}

void change_answer_unexpected(struct change *change) {
    struct arena *arena = change->exchange->request->arena;
    const char *tag = tag_of(change, change->done.revision);
    response_precondition_failed(
        change->exchange->response, tag,
        arena_format(arena,
                     "Nothing was changed: the dynamic modules of the app are not those that the "
                     "request expects. Their entity tag is %s.",
                     tag));
}

/* Answers with what the app has now, which another change may have made meanwhile; its tag says so.
 * False when it cannot be found out: the change has been made nevertheless. */
static bool answer_set(struct change *change) {
    struct response *response = change->exchange->response;
    struct app present;
    struct fault fault;
    if (!look(change, &present, &fault))
        return false;
    add_tag(change, present.revision);
    response_header(response, "Preference-Applied", "return=representation");
    response_body(response, RESPONSE_JSON, present.document);
    return true;
}

void change_answer_done(struct change *change, struct json_object *body) {
    const bool removes = change->kind == CHANGE_REMOVES;
    change->exchange->response->status = removes ? 204 : 200;
    if (change->wants_set && !removes && !change->terms.dry_run && answer_set(change))
        return;
    add_tag(change, change->done.revision);
    if (body != NULL)
        response_body(change->exchange->response, RESPONSE_JSON, json_text(body));
}

void change_fail(struct change *change, const struct fault *fault) {
    app_access_fail(change->exchange, fault);
}

void change_end(struct change *change) {
    struct response *response = change->exchange->response;
    if (change->terms.dry_run)
        response->note = arena_format(change->exchange->request->arena, "dry run: %s",
                                      response->note == NULL ? "" : response->note);
}
