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
#include "store/store_past.h"

#define SECRET "a-secret-of-at-least-32-characters"
#define STANDING "6f1c1b1e-0000-4000-8000-000000000001"
#define CONTEXT_PATH "/jira"
#define DOCUMENT                                                                                   \
    "{\"webPanels\":[{\"key\": \"there\", \"text\": \"\\\\\\\"}],[{\"},{\"key\": \"p\"}],"         \
    "\"postInstallPage\":{\"key\": \"one\"}}"
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
    {STORE_NOT_AS_KNOWN, "", FAULT_CONFLICT},
    {STORE_NOT_EXPECTED, "{\"revision\":18}", FAULT_CONFLICT},
    {STORE_OVER_BYTES, "{\"limit\":1,\"present\":1,\"added\":1}", FAULT_CONFLICT},
    {"22P05", "", FAULT_INPUT},
};

static const struct answer beginning = {
    STORE_HISTORY_BEGINS, "{\"begins\": \"2026-01-31T12:00:00+00:00\"}", FAULT_CONFLICT};

static struct {
    unsigned choice;
    const struct answer *failure;
} database;

struct database *database_new(const struct config *config, const char *conninfo,
                              const char *program, bool lasting) {
    (void)config, (void)conninfo, (void)program, (void)lasting;
    return (struct database *)&database;
}

void database_require_schema(struct database *ignored) {
    (void)ignored;
}

bool database_is_short_lived(const struct database *ignored) {
    (void)ignored;
    return false;
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

/* Adds a row of texts, with NULL after the last; "" stands for NULL in the database. */
static void add_row(PGresult *result, const char *const *values) {
    int place = PQntuples(result);
    for (int i = 0; i < PQnfields(result); i++)
        require(PQsetvalue(result, place, i, (char *)(uintptr_t)values[i],
                           values[i][0] == '\0' ? -1 : (int)strlen(values[i])) != 0);
}

static PGresult *table(int columns) {
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc names[COLUMNS_MAX] = {0};
    for (int i = 0; i < columns; i++)
        names[i].name = (char[]){"column"};
    require(result != NULL && PQsetResultAttrs(result, columns, names) != 0);
    return result;
}

static PGresult *row(const char *const *values) {
    int count = 0;
    while (values[count] != NULL)
        count++;
    PGresult *result = table(count);
    add_row(result, values);
    return result;
}

/* As many events as the number says, numbered from 1 on; some of them are large. */
static PGresult *find_events(const char *const *values) {
    PGresult *result = table(3);
    unsigned long newest = database.choice, most = strtoul(values[3], NULL, 10), total = 0;
    if (values[2] != NULL && strtoul(values[2], NULL, 10) <= newest)
        newest = strtoul(values[2], NULL, 10) == 0 ? 0 : strtoul(values[2], NULL, 10) - 1;
    int size = database.choice % 10 == 7 ? LIMIT_HISTORY_PAGE / 3 : 10;
    unsigned long found = newest < most ? newest : most;
    for (unsigned long id = newest; id > newest - found; id--) {
        char *number = NULL, *json = NULL, *count = NULL;
        require(asprintf(&number, "%lu", id) > 0 && asprintf(&count, "%lu", found) > 0 &&
                asprintf(&json, "{\"id\":%lu,\"text\":\"%0*d\"}", id, size, 0) > 0);
        total += strlen(json);
        if (id == newest || total <= strtoul(values[4], NULL, 10))
            add_row(result, (const char *[]){number, json, count});
        free(number);
        free(json);
        free(count);
    }
    return result;
}

static PGresult *find_past_modules(void) {
    PGresult *result = table(3);
    const char *lost = database.choice % 4 == 2 ? "" : "{\"key\": \"b\"}";
    add_row(result, (const char *[]){"webPanels", "a", "{\"key\": \"a\"}"});
    add_row(result, (const char *[]){"postInstallPage", "one", "{\"key\": \"one\"}"});
    add_row(result, (const char *[]){"webPanels", "b", lost});
    add_row(result, (const char *[]){"gone \"type\"", "c", "{\"key\": \"c\"}"});
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
    const char *standing = known && former[0] == '\0' ? STANDING : "";
    if (strcmp(statement->name, "find_app_with_document") == 0)
        return row((const char *[]){"site", CONTEXT_PATH, state, secret, former, standing, "17",
                                    DOCUMENT, "1", standing[0] == '\0' ? "" : "99", NULL});
    if (strcmp(statement->name, "find_events") == 0)
        return find_events(values);
    if (strcmp(statement->name, "find_own_past_modules") == 0)
        return find_past_modules();
    if (strcmp(statement->name, "find_app_for_registration") == 0)
        return row((const char *[]){
            "site", CONTEXT_PATH, state, secret, former, standing, "[\"READ\"]",
            "[{\"type\":\"webPanels\",\"key\":\"there\",\"origin\":\"dynamic\"}]", "100", "1",
            strcmp(values[2], "1") == 0 ? "" : builtin_types_json, NULL});
    return row((const char *[]){"site", CONTEXT_PATH, state, secret, former, standing, NULL});
}

/* Revisions are what PostgreSQL can read as an array of bigint. */
static void check_revisions(const char *array) {
    if (array == NULL)
        return;
    const size_t length = strlen(array);
    require(length >= 2 && array[0] == '{' && array[length - 1] == '}');
    for (const char *at = array + 1; *at != '}'; at += *at == ',') {
        const size_t digits = strspn(at + 1, "0123456789");
        require(at[0] == '"' && digits >= 1 && digits <= 18 && at[digits + 1] == '"');
        at += digits + 2;
        require(*at == ',' || *at == '}');
    }
}

/* What a change answers: a revision and a number, or lists of keys. */
static PGresult *change(const struct statement *statement, const char *const *values) {
    require(statement->parameters == (strstr(statement->name, "register_modules") != NULL ? 8
                                      : strstr(statement->name, "remove_modules") != NULL ? 7
                                                                                          : 6));
    if (strstr(statement->name, "remove_modules") == NULL)
        check_modules(values[2]);
    check_revisions(values[3]);
    require((strcmp(values[4], "true") == 0) == (statement->effect == STATEMENT_READS));
    require(statement->effect != STATEMENT_REPEATABLE || values[3] == NULL);
    require(statement->parameters == 6 || values[6] == NULL ||
            (strcmp(values[1], "app") == 0 && strcmp(values[6], STANDING) == 0));
    if (strstr(statement->name, "replace_modules") != NULL)
        return row((const char *[]){"18", "[\"a\"]", "[]", "[\"there\",\"b\"]", "", NULL});
    return row((const char *[]){"18", "1", NULL});
}

/* What a statement that does not fail answers. */
static PGresult *answer(const struct statement *statement, const char *const *values) {
    if (strstr(statement->name, "find") != NULL)
        return find(statement, values);
    if (strcmp(statement->name, "app_is_unchanged") == 0)
        return row((const char *[]){database.choice % 3 == 0 ? "f" : "t", NULL});
    return strstr(statement->name, "_modules") != NULL ? change(statement, values)
                                                       : row((const char *[]){"1", NULL});
}

bool database_query(struct database *ignored, const struct statement *statement,
                    const char *const *values, PGresult **result, struct fault *fault) {
    (void)ignored;
    for (int i = 0; i < statement->parameters; i++)
        require(values[i] == NULL ||
                utf8_valid_prefix(values[i], strlen(values[i])) == strlen(values[i]));
    database.failure = NULL;
    bool writes = strstr(statement->name, "find") == NULL;
    if (database.choice > 0 && (database.choice & 1) == writes) {
        database.failure = &failures[database.choice / 2 % (sizeof failures / sizeof *failures)];
        if (writes || database.failure->kind == FAULT_UNAVAILABLE)
            return fault_set(fault, database.failure->kind, "made up");
    }
    if (database.choice % 4 == 3 && strcmp(statement->name, "find_own_past_modules") == 0) {
        database.failure = &beginning;
        return fault_set(fault, beginning.kind, "made up");
    }
    *result = answer(statement, values);
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
    static const int allowed[] = {200, 204, 304, 400, 401, 404, 405, 408, 412, 413, 415, 429, 503};
    bool listed = false;
    require(sscanf(text, "Status: %d ", status) == 1);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        listed = listed || *status == allowed[i];
    require(listed);
    while (strncmp(text, "\r\n", 2) != 0)
        text = check_header(text);
    return text;
}

/* An error as RFC 9457 has it, for those who have named its type. */
static void check_problem(const struct web_input *input, struct json_object *value, int status) {
    require(strcasestr(web_parameter(input, "HTTP_ACCEPT"), "application/problem+json") != NULL);
    require(json_object_get_int(json_member(value, "status")) == status &&
            json_member_text(value, "title") != NULL && json_member_text(value, "detail") != NULL);
    struct json_object *problems = json_member(value, "problems");
    size_t count = problems == NULL ? 0 : json_object_array_length(problems);
    for (size_t i = 0; i < count; i++)
        require(json_member_text(json_object_array_get_idx(problems, i), "pointer") != NULL);
}

/* The whole of it, in the length that was announced: so nothing comes after it. */
static void check_body(struct arena *arena, const struct web_input *input, const char *body,
                       int status, const char *type) {
    struct json_object *value;
    struct fault fault;
    require(type != NULL && json_parse_stored(arena, body, &value, &fault));
    if (status >= 400 && strncmp(type, "application/problem+json\r", 25) == 0) {
        check_problem(input, value, status);
        return;
    }
    require(strncmp(type, "application/json", strlen("application/json")) == 0);
    require(status < 400 || json_member_text(value, "message") != NULL);
}

/* It leads to the same path, with nothing but numbers. */
static void check_link(const struct web_input *input, const char *link) {
    const char *query = memchr(link, '?', strcspn(link, ">"));
    require(link[0] == '<' && query != NULL &&
            strspn(query, "?&=abeforlimt0123456789") == strcspn(query, ">") &&
            strstr(web_parameter(input, "REQUEST_URI"), "rest/") != NULL);
}

void web_check_response(struct arena *arena, const struct web_input *input, const char *text,
                        size_t length) {
    int status = 0;
    require(strlen(text) == length);
    const char *end = check_headers(text, &status), *body = end + 2;
    const char *announced = header(text, end, "Content-Length");
    const char *type = header(text, end, "Content-Type");
    size_t body_length = length - (size_t)(body - text);
    const char *link = header(text, end, "Link");
    require(header(text, end, "Status") != NULL);
    if (link != NULL)
        check_link(input, link);
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
        check_body(arena, input, body, status, type);
}
