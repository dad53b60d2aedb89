/* Connection strings of libpq taken apart and put together again. */
#include "store/conninfo.h"

#include <libpq-fe.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"

/* Appends " name='value'", with what needs it escaped; nothing for NULL. */
static void add_part(struct buffer *text, const char *name, const char *value) {
    if (value == NULL)
        return;
    buffer_add_format(text, "%s%s='", text->length == 0 ? "" : " ", name);
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            buffer_add_byte(text, '\\');
        buffer_add_byte(text, *value);
    }
    buffer_add_byte(text, '\'');
}

/* As libpq does where a name of a database is allowed. */
static bool is_name(const char *text) {
    return text[0] != '\0' && strchr(text, '=') == NULL && strstr(text, "://") == NULL;
}

/* Puts one part that was given where it belongs. */
static void take(struct arena *arena, const PQconninfoOption *part, struct buffer *rest,
                 struct conninfo *conninfo) {
    if (part->val == NULL)
        return;
    if (strcmp(part->keyword, "dbname") == 0)
        conninfo->database = arena_text(arena, part->val);
    else if (strcmp(part->keyword, "user") == 0)
        conninfo->user = arena_text(arena, part->val);
    else if (strcmp(part->keyword, "password") == 0)
        conninfo->password = arena_text(arena, part->val);
    else
        add_part(rest, part->keyword, part->val);
    const bool host = strcmp(part->keyword, "host") == 0 && part->val[0] != '\0';
    if (strcmp(part->keyword, "hostaddr") == 0 || (host && part->val[0] != '/'))
        conninfo->local = false;
}

bool conninfo_read(struct arena *arena, const char *text, struct conninfo *conninfo,
                   struct fault *fault) {
    *conninfo = (struct conninfo){.rest = "", .local = true};
    if (is_name(text)) {
        conninfo->database = arena_text(arena, text);
        return true;
    }
    char *message = NULL;
    struct buffer rest;
    PQconninfoOption *parts = PQconninfoParse(text, &message);
    if (parts == NULL) { /* the message may repeat a password */
        PQfreemem(message);
        return fault_set(fault, FAULT_INPUT, "it is not a valid connection string of PostgreSQL");
    }
    buffer_init(&rest, LIMIT_CONFIG_FILE);
    for (const PQconninfoOption *part = parts; part->keyword != NULL; part++)
        take(arena, part, &rest, conninfo);
    conninfo->rest = buffer_to_arena(&rest, arena);
    PQconninfoFree(parts);
    return true;
}

static const char *write_parts(struct arena *arena, const struct conninfo *conninfo,
                               const char *password) {
    struct buffer text;
    buffer_init(&text, LIMIT_CONFIG_FILE);
    buffer_add_text(&text, conninfo->rest);
    add_part(&text, "user", conninfo->user);
    add_part(&text, "password", password);
    add_part(&text, "dbname", conninfo->database);
    return buffer_to_arena(&text, arena);
}

const char *conninfo_write(struct arena *arena, const struct conninfo *conninfo) {
    return write_parts(arena, conninfo, NULL);
}

const char *conninfo_write_secret(struct arena *arena, const struct conninfo *conninfo) {
    return write_parts(arena, conninfo, conninfo->password);
}
