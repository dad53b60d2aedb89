/* dynmodctl site export: a site with its apps as lines of JSON, for "site import". */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/version.h"
#include "ctl/handlers.h"
#include "ctl/output.h"
#include "ctl/progress.h"
#include "host/app_secret.h"
#include "host/export_line.h"
#include "host/secret_box.h"
#include "json/json.h"
#include "store/store_export.h"
#include "store/store_health.h"

struct export {
    struct invocation *invocation;
    const char *site;
    bool secrets, history;
    FILE *out;
    const char *path;     /* NULL for standard output */
    const char *new_path; /* of the file as long as it is not complete; NULL if it has no other */
    struct export_counts counts;
    struct progress progress;
};

static bool fail_to_write(const struct export *export, struct fault *fault) {
    return fault_set(fault, FAULT_UNAVAILABLE, "cannot write %s: %s",
                     export->path == NULL ? "standard output" : export->path, strerror(errno));
}

static bool write_line(struct export *export, const char *line, struct fault *fault) {
    return (fputs(line, export->out) != EOF && putc('\n', export->out) != EOF) ||
           fail_to_write(export, fault);
}

static bool write_object(struct export *export, struct arena *arena, const char *kind,
                         struct json_object *body, struct fault *fault) {
    struct json_object *line = json_keep(arena, json_object_new_object());
    json_object_object_add(line, kind, body);
    return write_line(export, json_text(line), fault);
}

/* ---- Before the apps ---- */

static bool write_head(struct export *export, struct arena *arena, struct fault *fault) {
    struct json_object *head = json_object_new_object();
    json_object_object_add(head, "format", json_object_new_int(EXPORT_FORMAT));
    json_set_text(head, "version", DYNMOD_VERSION);
    json_object_object_add(head, "secrets", json_object_new_boolean(export->secrets));
    json_object_object_add(head, "history", json_object_new_boolean(export->history));
    return write_object(export, arena, "dynmod", head, fault);
}

/* A line of the site, one with a key as it is to be in the file, or not at all. */
static bool write_site_line(struct export *export, struct arena *arena, const char *line,
                            struct fault *fault) {
    struct json_object *parsed;
    if (!json_parse_stored(arena, line, &parsed, fault))
        return false;
    struct json_object *key = json_member(parsed, "key");
    const char *private_key = json_member_text(key, "privateKey");
    const struct secret_owner owner = {.site = export->site,
                                       .public_key = json_member_text(key, "publicKey")};
    if (key == NULL)
        return write_line(export, line, fault);
    if (!export->secrets)
        return true;
    if (private_key != NULL &&
        !secret_open(arena, &export->invocation->config, &owner, private_key, &private_key, fault))
        return false;
    json_set_text(key, "privateKey", private_key);
    return write_line(export, json_text(parsed), fault);
}

static bool write_site(struct export *export, struct fault *fault) {
    struct arena *arena = arena_new();
    struct app_texts lines;
    bool ok = store_export_site(export->invocation->database, arena, export->site, &lines, fault) &&
              write_head(export, arena, fault);
    for (size_t i = 0; ok && i < lines.count; i++)
        ok = write_site_line(export, arena, lines.list[i], fault);
    arena_free(arena);
    return ok;
}

/* ---- Apps ---- */

static bool write_secrets(struct export *export, struct arena *arena, const char *key,
                          struct fault *fault) {
    const struct host host = {export->invocation->database, &export->invocation->config, arena,
                              export->site};
    struct store_app_secrets secrets;
    if (!export->secrets)
        return true;
    if (!store_export_secrets(host.database, arena, export->site, key, &secrets, fault))
        return false;
    if (secrets.current == NULL)
        return true;
    if (!app_secret_open(&host, key, secrets.current, &secrets.current, fault) ||
        (secrets.former != NULL &&
         !app_secret_open(&host, key, secrets.former, &secrets.former, fault)))
        return false;
    struct json_object *secret = json_object_new_object();
    json_set_text(secret, "current", secrets.current);
    json_set_text(secret, "former", secrets.former);
    json_set_text(secret, "formerUntil", secrets.former_until);
    return write_object(export, arena, "secret", secret, fault);
}

static bool write_events(struct export *export, const char *key, const char *kind,
                         struct fault *fault) {
    const char *last = "0";
    struct arena *former = NULL; /* owns `last` */
    bool ok = true;
    size_t count;
    do {
        struct arena *arena = arena_new();
        struct app_texts lines = {NULL, 0};
        ok = store_export_events(export->invocation->database, arena, export->site, key, kind,
                                 &last, &lines, fault);
        for (size_t i = 0; ok && i < lines.count; i++)
            ok = write_line(export, lines.list[i], fault);
        count = lines.count;
        export->counts.events += (long)count;
        arena_free(former);
        former = arena;
    } while (ok && count == LIMIT_EXPORT_STEP);
    arena_free(former);
    return ok;
}

static bool write_history(struct export *export, const char *key, struct fault *fault) {
    static const char *const kinds[] = {"start", "app", "module", "end"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!write_events(export, key, kinds[i], fault))
            return false;
    return true;
}

static bool write_app(struct export *export, const char *key, struct fault *fault) {
    struct arena *arena = arena_new();
    struct app_texts lines;
    bool ok =
        store_export_app(export->invocation->database, arena, export->site, key, &lines, fault) &&
        write_line(export, lines.list[0], fault) && write_secrets(export, arena, key, fault) &&
        (!export->history || write_history(export, key, fault));
    for (size_t i = 1; ok && i < lines.count; i++) {
        *(export_line_is(lines.list[i], EXPORT_MODULE) ? &export->counts.modules
                                                       : &export->counts.properties) += 1;
        ok = write_line(export, lines.list[i], fault);
    }
    arena_free(arena);
    export->counts.apps++;
    progress_show(&export->progress, export->counts.apps);
    return ok;
}

static bool write_apps(struct export *export, struct fault *fault) {
    char after[LIMIT_APP_KEY + 1] = "";
    struct app_texts keys;
    bool ok;
    do {
        struct arena *arena = arena_new();
        ok = store_export_keys(export->invocation->database, arena, export->site, after, &keys,
                               fault);
        for (size_t i = 0; ok && i < keys.count; i++)
            ok = write_app(export, keys.list[i], fault);
        if (ok && keys.count > 0)
            snprintf(after, sizeof after, "%s", keys.list[keys.count - 1]);
        arena_free(arena);
    } while (ok && keys.count == LIMIT_EXPORT_STEP);
    return ok;
}

/* All of it as it is at one moment. */
static bool write_export(struct export *export, struct fault *fault) {
    struct invocation *invocation = export->invocation;
    return database_begin(invocation->database, DATABASE_SNAPSHOT, fault) &&
           write_site(export, fault) && write_apps(export, fault) &&
           write_object(export, invocation->arena, "end", export_counts_json(&export->counts),
                        fault) &&
           database_commit(invocation->database, fault);
}

/* ---- The file ---- */

/* Whether it is there and no file that could be replaced: a device or a pipe, say. */
static bool is_special(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/* Nobody else may read it, and until it is complete it has another name. */
static bool open_file(struct export *export, struct fault *fault) {
    if (export->path == NULL)
        return true;
    if (is_special(export->path)) {
        export->out = fopen(export->path, "we");
        return export->out != NULL || fail_to_write(export, fault);
    }
    char *new_path = arena_format(export->invocation->arena, "%s.part-XXXXXX", export->path);
    int descriptor = mkostemp(new_path, O_CLOEXEC);
    export->out = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    export->new_path = new_path;
    return export->out != NULL || fail_to_write(export, fault);
}

static bool close_file(struct export *export, bool ok, struct fault *fault) {
    bool replace = export->new_path != NULL;
    ok = ok && ((fflush(export->out) == 0 && (!replace || fsync(fileno(export->out)) == 0)) ||
                fail_to_write(export, fault));
    if (export->path != NULL)
        fclose(export->out);
    if (!replace)
        return ok;
    ok = ok && (rename(export->new_path, export->path) == 0 || fail_to_write(export, fault));
    if (!ok)
        unlink(export->new_path);
    return ok;
}

static void print_done(const struct export *export) {
    const struct export_counts *counts = &export->counts;
    struct json_object *answer = json_keep(export->invocation->arena, export_counts_json(counts));
    json_set_text(answer, "site", export->site);
    json_set_text(answer, "file", export->path);
    json_object_object_add(answer, "secrets", json_object_new_boolean(export->secrets));
    output_done(export->invocation, answer,
                "exported the site %s with %ld app%s and %ld module%s to %s%s", export->site,
                counts->apps, counts->apps == 1 ? "" : "s", counts->modules,
                counts->modules == 1 ? "" : "s", export->path,
                export->secrets ? ", with its secrets in the clear" : ", without secrets");
}

bool run_site_export(struct invocation *invocation, struct fault *fault) {
    const char *path = invocation->argument_count > 1 ? invocation->arguments[1] : "-";
    struct export export = {
        .invocation = invocation,
        .secrets = !invocation_has(invocation, OPTION_WITHOUT_SECRETS),
        .history = invocation_has(invocation, OPTION_WITH_HISTORY),
        .out = stdout,
        .path = strcmp(path, "-") == 0 ? NULL : path,
        .progress = {.what = "exported"},
    };
    if (!invocation_find_site(invocation, invocation->arguments[0], &export.site, fault) ||
        !open_file(&export, fault))
        return false;
    bool ok = write_export(&export, fault);
    progress_end(&export.progress);
    if (!close_file(&export, ok, fault))
        return false;
    if (export.path != NULL)
        print_done(&export);
    return true;
}
