/* dynmodctl site import: brings in what "site export" has written. */
#include <stdio.h>
#include <string.h>

#include "ctl/export_input.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "ctl/progress.h"
#include "host/export_reader.h"
#include "host/import_app.h"
#include "host/import_events.h"
#include "host/import_site.h"
#include "json/json.h"

/* The export is read twice: it is checked, and brought in. */
struct work {
    struct invocation *invocation;
    struct host host;
    struct import import;
    struct import_site site;
    bool site_done; /* all lines before the apps were read */
    struct export_reader reader;
    struct export_counts counts; /* of what was read */
    struct moved_app app;        /* that is being read, with its */
    struct import_events events;
    long present; /* apps that were here already */
    bool unread;  /* lines could not be read, so that the counts mean nothing */
    bool storing; /* otherwise checking */
    struct progress progress;
};

static void count_line(struct work *work, enum export_kind kind) {
    work->counts.apps += kind == EXPORT_APP;
    work->counts.modules += kind == EXPORT_MODULE;
    work->counts.properties += kind == EXPORT_PROPERTY;
    work->counts.events += kind == EXPORT_EVENT;
}

static bool end_site(struct work *work, struct fault *fault) {
    work->site_done = true;
    if (!invocation_has(work->invocation, OPTION_SITE))
        work->host.site = import_site_name(&work->site);
    return work->storing ? import_site_store(&work->import, &work->site, fault)
                         : import_site_check(&work->import, &work->site, fault);
}

/* The app that was read, if any, is complete. */
static bool end_app(struct work *work, struct fault *fault) {
    bool present = false, ok = true;
    if (work->app.line == 0)
        return true;
    if (!work->app.broken)
        ok = work->storing ? import_events_store_app(&work->import, &work->events, &work->app,
                                                     &present, fault)
                           : import_app_check(&work->import, &work->app, &present, fault);
    moved_app_end(&work->app);
    work->present += present;
    progress_show(&work->progress, work->counts.apps);
    return ok;
}

static void end_export(struct work *work, const struct export_line *line) {
    const struct export_counts *counts = &work->counts;
    if (!work->unread && !export_counts_are(counts, line->body))
        import_problem(&work->import, work->reader.number, "", "end",
                       "the file has %ld apps, %ld modules, %ld properties and %ld events, which "
                       "is not what this line says",
                       counts->apps, counts->modules, counts->properties, counts->events);
}

static bool take_line(struct work *work, const struct export_line *line, struct fault *fault) {
    if (line->kind >= EXPORT_APP && !work->site_done && !end_site(work, fault))
        return false;
    if ((line->kind == EXPORT_APP || line->kind == EXPORT_END) && !end_app(work, fault))
        return false;
    count_line(work, line->kind);
    if (line->kind > EXPORT_HEAD && line->kind < EXPORT_APP)
        import_site_add(&work->site, &work->reader, line);
    else if (line->kind == EXPORT_APP)
        moved_app_begin(&work->app, &work->reader, line);
    else if (line->kind == EXPORT_END)
        end_export(work, line);
    else if (work->storing && line->kind == EXPORT_EVENT)
        return import_events_add(&work->import, &work->events, &work->app, &work->reader, fault);
    else if (work->app.line != 0)
        moved_app_add(&work->app, &work->reader, line);
    return true;
}

/* Notes what is wrong with the line, and leaves out the app that it belongs to. */
static bool take_bad_line(struct work *work, enum export_kind kind, const char *text,
                          struct fault *fault) {
    import_problem(&work->import, work->reader.number, "", "line", "%s", text);
    work->unread = true;
    if (kind == EXPORT_APP)
        return end_app(work, fault);
    work->app.broken = true;
    return true;
}

static bool read_line(struct work *work, bool *more, struct fault *fault) {
    struct arena *arena = arena_new();
    struct export_line line;
    struct fault bad;
    bool ok = export_reader_next(&work->reader, arena, &line, &bad);
    if (ok)
        *more = line.kind != EXPORT_KINDS;
    if (ok && *more)
        ok = take_line(work, &line, fault);
    else if (!ok && bad.kind == FAULT_INPUT && !work->storing)
        ok = take_bad_line(work, line.kind, bad.text, fault);
    else if (!ok)
        *fault = bad;
    *more = *more && !work->reader.unusable && work->import.problems->more == 0;
    arena_free(arena);
    return ok;
}

/* Reads the whole file. */
static bool read_export(struct work *work, FILE *file, const struct export_forms *forms,
                        struct fault *fault) {
    struct arena *arena = work->host.arena;
    bool more = true, ok = true;
    if (fseeko(file, 0, SEEK_SET) != 0)
        return fault_set(fault, FAULT_UNAVAILABLE, "the export cannot be read again");
    work->import.keys = seen_new(arena);
    work->import.secrets = seen_new(arena);
    work->counts = (struct export_counts){0, 0, 0, 0};
    work->present = 0;
    work->site_done = false;
    import_site_init(&work->site, arena);
    import_events_init(&work->events);
    export_reader_init(&work->reader, file, forms);
    while (ok && more)
        ok = read_line(work, &more, fault);
    moved_app_end(&work->app);
    import_events_release(&work->events);
    export_reader_release(&work->reader);
    progress_end(&work->progress);
    return ok;
}

static bool check_export(struct work *work, FILE *file, const struct export_forms *forms,
                         struct fault *fault) {
    const struct problem_list *problems = work->import.problems;
    work->progress.what = "checked";
    if (!read_export(work, file, forms, fault))
        return false;
    if (problems->errors == 0)
        return true;
    output_problems(problems, stderr);
    work->invocation->problems = problems;
    return fault_set(fault, FAULT_INPUT, "the export has %zu error%s%s; nothing was brought in",
                     problems->errors, problems->errors == 1 ? "" : "s",
                     problems->more == 0 ? "" : " or more");
}

static bool store_export(struct work *work, FILE *file, const struct export_forms *forms,
                         struct fault *fault) {
    work->storing = true;
    work->progress.what = "brought in";
    if (read_export(work, file, forms, fault))
        return true;
    return fault_set(fault, fault->kind,
                     "%s (%ld apps were brought in before; the same command goes on from there)",
                     fault->text, work->counts.apps > 0 ? work->counts.apps - 1 : 0);
}

static void print_done(const struct work *work, bool dry_run) {
    const struct export_counts *counts = &work->counts;
    long fresh = counts->apps - work->present;
    struct json_object *answer = json_keep(work->host.arena, export_counts_json(counts));
    json_set_text(answer, "site", work->host.site);
    json_object_object_add(answer, "present", json_object_new_int64(work->present));
    json_object_object_add(answer, "dryRun", json_object_new_boolean(dry_run));
    output_done(work->invocation, answer, "%s the site %s with %ld app%s; %ld %s here already",
                dry_run ? "would bring in" : "brought in", work->host.site, fresh,
                fresh == 1 ? "" : "s", work->present, work->present == 1 ? "was" : "were");
}

bool run_site_import(struct invocation *invocation, struct fault *fault) {
    const char *path = invocation->argument_count > 0 ? invocation->arguments[0] : "-";
    const bool dry_run = invocation_has(invocation, OPTION_DRY_RUN);
    struct work work = {.invocation = invocation, .host = invocation_host(invocation)};
    struct export_forms *forms;
    FILE *file;
    work.import = (struct import){
        .host = &work.host,
        .problems = problem_list_new(invocation->arena),
    };
    if (!export_forms_new(invocation->arena, &forms, fault) ||
        !export_input_open(invocation, path, &file, fault) ||
        !check_export(&work, file, forms, fault) ||
        (!dry_run && !store_export(&work, file, forms, fault)))
        return false;
    print_done(&work, dry_run);
    return true;
}
