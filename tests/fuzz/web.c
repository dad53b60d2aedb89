/* What a web server and a database are to the fuzzers of whole requests. */
#include "web.h"

#include <ctype.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "connect/builtin_types.h"
#include "connect/qsh.h"
#include "connect/token.h"
#include "fuzz.h"
#include "host/service.h"
#include "json/json.h"
#include "store/store_modules.h"

#define SECRET "a-secret-of-at-least-32-characters"
#define CONTEXT_PATH "/jira"
#define PLACE_OF_TOKEN "SIGNED HERE"

enum { COLUMNS_MAX = 16 };

/* ---- The database: it has one app, and fails as it is told ---- */

static const struct answer {
    const char *sqlstate, *detail;
    enum fault_kind kind;
} failures[] = {
    {"", "", FAULT_UNAVAILABLE},
    {STORE_DUPLICATE_KEYS, "[\"a\",\"b\"]", FAULT_CONFLICT},
    {STORE_DUPLICATE_KEYS, "no JSON", FAULT_CONFLICT},
    {STORE_OVER_LIMIT, "{\"limit\":1,\"present\":1,\"added\":1}", FAULT_CONFLICT},
    {STORE_APP_NOT_ENABLED, "", FAULT_CONFLICT},
    {"22P05", "", FAULT_INPUT},
};

static struct {
    unsigned choice;
    const struct answer *failure;
} database;

struct database *database_new(const struct config *config, const char *conninfo,
                              const char *program, bool prepare) {
    (void)config, (void)conninfo, (void)program, (void)prepare;
    return (struct database *)&database;
}

void database_require_schema(struct database *ignored) {
    (void)ignored;
}

void database_free(struct database *ignored) {
    (void)ignored;
}

unsigned long database_connections(const struct database *ignored) {
    (void)ignored;
    return 1;
}

const char *database_sqlstate(const struct database *ignored) {
    (void)ignored;
    return database.failure == NULL ? "" : database.failure->sqlstate;
}

const char *database_detail(const struct database *ignored) {
    (void)ignored;
    return database.failure == NULL ? "" : database.failure->detail;
}

const char *database_constraint(const struct database *ignored) {
    (void)ignored;
    return "";
}

const char *database_value(const PGresult *result, int row, int column) {
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

/* A row of texts, with NULL after the last; "" stands for NULL in the database. */
static PGresult *row(const char *const *values) {
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc columns[COLUMNS_MAX] = {0};
    int count = 0;
    for (; values[count] != NULL; count++)
        columns[count].name = (char[]){"column"};
    require(result != NULL && PQsetResultAttrs(result, count, columns) != 0);
    for (int i = 0; i < count; i++)
        require(PQsetvalue(result, 0, i, (char *)(uintptr_t)values[i],
                           values[i][0] == '\0' ? -1 : (int)strlen(values[i])) != 0);
    return result;
}

/* What is to be stored must be what PostgreSQL can read. */
static void check_modules(const char *modules) {
    struct arena *arena = arena_new();
    struct json_object *list;
    struct fault fault;
    require(json_parse_stored(arena, modules, &list, &fault) &&
            json_object_is_type(list, json_type_array));
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *module = json_object_array_get_idx(list, i);
        require(json_member_text(module, "type") != NULL &&
                json_object_is_type(json_member(module, "definition"), json_type_object));
    }
    arena_free(arena);
}

static PGresult *find(const struct statement *statement, const char *const *values) {
    bool known = strcmp(values[1], "app") == 0;
    const char *state = !known ? "" : database.choice % 7 == 6 ? "disabled" : "enabled";
    const char *secret = !known ? "" : database.choice % 5 == 4 ? "gcm1:01234567:" SECRET : SECRET;
    const char *former = known && database.choice % 5 > 2 ? SECRET : "";
    if (strcmp(statement->name, "find_app_with_document") == 0)
        return row((const char *[]){"site", CONTEXT_PATH, state, secret, former, "17",
                                    "{\"webPanels\":[{\"key\":\"there\"}]}", NULL});
    if (strcmp(statement->name, "find_app_for_registration") == 0)
        return row((const char *[]){
            "site", CONTEXT_PATH, state, secret, former, "[\"READ\"]",
            "[{\"type\":\"webPanels\",\"key\":\"there\",\"origin\":\"dynamic\"}]", "100", "1",
            strcmp(values[2], "1") == 0 ? "" : builtin_types_json, NULL});
    return row((const char *[]){"site", CONTEXT_PATH, state, secret, former, NULL});
}

bool database_query(struct database *ignored, const struct statement *statement,
                    const char *const *values, PGresult **result, struct fault *fault) {
    (void)ignored;
    for (int i = 0; i < statement->parameters; i++)
        require(values[i] == NULL ||
                utf8_valid_prefix(values[i], strlen(values[i])) == strlen(values[i]));
    database.failure = NULL;
    bool writes = strstr(statement->name, "find") == NULL;
    if (writes && strcmp(statement->name, "register_modules") == 0)
        check_modules(values[2]);
    if (database.choice > 0 && (database.choice & 1) == writes) {
        database.failure = &failures[database.choice / 2 % (sizeof failures / sizeof *failures)];
        if (writes || database.failure->kind == FAULT_UNAVAILABLE)
            return fault_set(fault, database.failure->kind, "made up");
    }
    *result = writes ? row((const char *[]){"1", NULL}) : find(statement, values);
    return true;
}

/* ---- The web server ---- */

/* A token for the request's method, path and query. */
static const char *sign(struct arena *arena, const char *method, const char *target) {
    struct uri_target parts;
    struct query query = {0};
    struct fault fault;
    char hash[QSH_LENGTH + 1] = "";
    if (uri_split_target(arena, target, &parts, &fault) &&
        query_parse(arena, parts.query, &query, &fault)) {
        const struct qsh_request request = {method, parts.path, CONTEXT_PATH, &query};
        qsh_hash(qsh_canonical(arena, &request, 0), hash);
    }
    const struct token_claims claims = {
        .issuer = "app", .qsh = hash, .now = clock_now(), .lifetime = 60};
    return token_sign(arena, &claims, SECRET);
}

const char *web_parameter(const struct web_input *input, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; input->parameters[i] != NULL; i++)
        if (strncmp(input->parameters[i], name, length) == 0 && input->parameters[i][length] == '=')
            return input->parameters[i] + length + 1;
    return "";
}

unsigned long web_number(const struct web_input *input, const char *name) {
    return strtoul(web_parameter(input, name), NULL, 10) % 100;
}

static void drop_line(void *context, const char *line, size_t length) {
    (void)context;
    require(length > 0 && memchr(line, '\n', length - 1) == NULL);
}

void web_read(struct arena *arena, const uint8_t *data, size_t size, struct web_input *input) {
    char *text = arena_copy(arena, data, size), *at = text, *line;
    size_t count = 0;
    *input = (struct web_input){.body = ""};
    while (at != NULL && (line = strsep(&at, "\n"))[0] != '\0')
        if (count < WEB_PARAMETERS_MAX)
            input->parameters[count++] = line;
    if (at != NULL) {
        input->body = at;
        input->body_length = size - (size_t)(at - text);
    }
    for (size_t i = 0; i < count; i++) {
        const char *place = strstr(input->parameters[i], PLACE_OF_TOKEN);
        if (place != NULL)
            input->parameters[i] = arena_format(
                arena, "%.*s%s", (int)(place - input->parameters[i]), input->parameters[i],
                sign(arena, web_parameter(input, "REQUEST_METHOD"),
                     web_parameter(input, "REQUEST_URI")));
    }
    database.choice = (unsigned)web_number(input, "FAKE_DATABASE");
    log_to(drop_line, NULL);
}

void *web_service(const struct config *config, const char *name, bool lasting) {
    static void *service;
    (void)lasting;
    if (service == NULL)
        service = service_new(config, name, true);
    return service;
}

/* ---- What every response must be ---- */

static const char *check_header(const char *line) {
    const char *end = strstr(line, "\r\n");
    require(end != NULL && end > line);
    size_t name = strcspn(line, ":");
    require(name > 0 && line + name + 1 < end && line[name + 1] == ' ');
    for (const char *at = line; at < end; at++)
        require((unsigned char)*at >= ' ' && *at != 0x7f &&
                (at >= line + name || isalpha((unsigned char)*at) || *at == '-'));
    return end + 2;
}

/* The value of a header, NULL when there is none; there must not be two. */
static const char *header(const char *headers, const char *end, const char *name) {
    const char *value = NULL;
    for (const char *line = headers; line < end; line = strstr(line, "\r\n") + 2) {
        size_t length = strlen(name);
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        require(value == NULL);
        value = line + length + 2;
    }
    return value;
}

static const char *check_headers(const char *text, int *status) {
    static const int allowed[] = {200, 204, 304, 400, 401, 404, 405, 408, 413, 415, 429, 503};
    bool listed = false;
    require(sscanf(text, "Status: %d ", status) == 1);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        listed = listed || *status == allowed[i];
    require(listed);
    while (strncmp(text, "\r\n", 2) != 0)
        text = check_header(text);
    return text;
}

/* The whole of it, in the length that was announced: so nothing comes after it. */
static void check_body(struct arena *arena, const char *body, int status, const char *type) {
    struct json_object *value;
    struct fault fault;
    require(type != NULL && strncmp(type, "application/json", strlen("application/json")) == 0);
    require(json_parse_stored(arena, body, &value, &fault));
    require(status < 400 || json_member_text(value, "message") != NULL);
}

void web_check_response(struct arena *arena, const struct web_input *input, const char *text,
                        size_t length) {
    int status = 0;
    require(strlen(text) == length);
    const char *end = check_headers(text, &status), *body = end + 2;
    const char *announced = header(text, end, "Content-Length");
    const char *type = header(text, end, "Content-Type");
    size_t body_length = length - (size_t)(body - text);
    require(header(text, end, "Status") != NULL);
    if (status == 204 || status == 304) {
        require(announced == NULL && body_length == 0);
        return;
    }
    require(announced != NULL);
    if (strcmp(web_parameter(input, "REQUEST_METHOD"), "HEAD") == 0) {
        require(body_length == 0);
        return;
    }
    require(strtoull(announced, NULL, 10) == body_length);
    if (status >= 400 || body_length > 0)
        check_body(arena, body, status, type);
}
