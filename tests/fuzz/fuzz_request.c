/* Fuzzes whole requests to the public program, from the parameters of the web server to the bytes
 * of the response, with a made-up database: lines "NAME=value" up to an empty one, then the body.
 * The number FAKE_DATABASE among the parameters chooses what the database answers, and the words
 * SIGNED HERE in the place of a token become one that is right for the request. */
#include <ctype.h>
#include <stdio.h>

#include "api/routes.h"
#include "base/clock.h"
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

enum { PARAMETERS_MAX = 64, COLUMNS_MAX = 16 };

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
        return row((const char *[]){CONTEXT_PATH, state, secret, former, "17",
                                    "{\"webPanels\":[{\"key\":\"there\"}]}", NULL});
    if (strcmp(statement->name, "find_app_for_registration") == 0)
        return row((const char *[]){
            CONTEXT_PATH, state, secret, former, "[\"READ\"]",
            "[{\"type\":\"webPanels\",\"key\":\"there\",\"origin\":\"dynamic\"}]", "100", "1",
            strcmp(values[2], "1") == 0 ? "" : builtin_types_json, NULL});
    return row((const char *[]){CONTEXT_PATH, state, secret, former, NULL});
}

bool database_query(struct database *ignored, const struct statement *statement,
                    const char *const *values, PGresult **result, struct fault *fault) {
    (void)ignored;
    for (int i = 1; i < statement->parameters; i++) /* the site comes from the web server */
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

struct peer {
    char *parameters[PARAMETERS_MAX + 1];
    const char *body;
    size_t body_length;
    struct buffer response;
};

static size_t read_bytes(void *context, char *bytes, size_t size, bool *failed) {
    struct peer *peer = context;
    size_t count = size < peer->body_length ? size : peer->body_length;
    (void)failed;
    memcpy(bytes, peer->body, count);
    peer->body += count;
    peer->body_length -= count;
    return count;
}

static bool write_bytes(void *context, const char *head, size_t head_length, const char *body,
                        size_t body_length) {
    struct peer *peer = context;
    buffer_add(&peer->response, head, head_length);
    buffer_add(&peer->response, body, body_length);
    return true;
}

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

static const char *parameter(const struct peer *peer, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; peer->parameters[i] != NULL; i++)
        if (strncmp(peer->parameters[i], name, length) == 0 && peer->parameters[i][length] == '=')
            return peer->parameters[i] + length + 1;
    return "";
}

static void read_peer(struct arena *arena, char *text, size_t size, struct peer *peer) {
    char *at = text, *line;
    size_t count = 0;
    buffer_init(&peer->response, LIMIT_RESPONSE + LIMIT_HEAD);
    while (at != NULL && (line = strsep(&at, "\n"))[0] != '\0')
        if (count < PARAMETERS_MAX)
            peer->parameters[count++] = line;
    peer->parameters[count] = NULL;
    peer->body = at == NULL ? "" : at;
    peer->body_length = at == NULL ? 0 : size - (size_t)(at - text);
    for (size_t i = 0; i < count; i++) {
        const char *place = strstr(peer->parameters[i], PLACE_OF_TOKEN);
        if (place != NULL)
            peer->parameters[i] = arena_format(
                arena, "%.*s%s", (int)(place - peer->parameters[i]), peer->parameters[i],
                sign(arena, parameter(peer, "REQUEST_METHOD"), parameter(peer, "REQUEST_URI")));
    }
    database.choice = (unsigned)strtoul(parameter(peer, "FAKE_DATABASE"), NULL, 10) % 100;
}

/* ---- What every response must be ---- */

static const char *check_header(const char *line) {
    const char *end = strstr(line, "\r\n");
    require(end != NULL && end > line);
    size_t name = strcspn(line, ":");
    require(name > 0 && line + name + 1 < end && line[name + 1] == ' ');
    for (const char *at = line; at < end; at++)
        require((unsigned char)*at >= ' ' &&
                (at >= line + name || isalpha((unsigned char)*at) || *at == '-'));
    return end + 2;
}

static void check_response(struct arena *arena, const struct peer *peer) {
    static const int allowed[] = {200, 204, 304, 400, 401, 404, 405, 408, 413, 415, 429, 503};
    const char *text = buffer_text(&peer->response);
    int status = 0;
    bool listed = false;
    require(sscanf(text, "Status: %d ", &status) == 1);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        listed = listed || status == allowed[i];
    require(listed);
    while (strncmp(text, "\r\n", 2) != 0)
        text = check_header(text);
    text += 2;
    if (status < 400 || strcmp(parameter(peer, "REQUEST_METHOD"), "HEAD") == 0)
        return;
    struct json_object *body;
    struct fault fault;
    require(json_parse_stored(arena, text, &body, &fault));
    require(json_member_text(body, "message") != NULL);
}

static void drop_line(void *context, const char *line, size_t length) {
    (void)context;
    require(length > 0 && memchr(line, '\n', length - 1) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct config config = {.database = "",
                                         .secrets_key = "",
                                         .counters_file = "/dev/null", /* in the process only */
                                         .max_body_bytes = 1 << 20,
                                         .retry_after = 1,
                                         .auth_hints = true};
    static struct service *service;
    if (service == NULL)
        service = service_new(&config, "fuzz", true);
    struct arena *arena = arena_new();
    struct peer peer;
    struct request request;
    struct response response;
    log_to(drop_line, NULL);
    read_peer(arena, arena_copy(arena, data, size), size, &peer);
    const struct transport transport = {.parameters = peer.parameters,
                                        .read = read_bytes,
                                        .write = write_bytes,
                                        .context = &peer,
                                        .body_ends = true};
    response_init(&response, arena);
    request_read(&request, arena, &transport, (size_t)config.max_body_bytes);
    struct exchange exchange = {
        .config = &config, .request = &request, .response = &response, .service = service};
    router_answer(api_routes, &exchange);
    require(response_write(&response, strcmp(request.method, "HEAD") == 0, &transport));
    check_response(arena, &peer);
    response_free(&response);
    buffer_free(&peer.response);
    arena_free(arena);
    return 0;
}
