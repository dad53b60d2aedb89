/* Answers the requests of the benchmark without dynmod: with ready texts, or with what one query
 * gives. The difference to dynmod is what dynmod costs.
 *
 * The environment says which:
 *   BENCH_ANSWERS   a folder with one whole CGI response for each app, and another whose name has
 *                   "-304" behind it for requests with If-None-Match; answers come from there
 *   BENCH_DATABASE  a libpq connection string; answers come from there, by statements whose first
 *                   parameter is the key of the app:
 *   BENCH_QUERY     for GET; its last column is the document
 *   BENCH_REGISTER  for POST; the second parameter is the body
 *   BENCH_REMOVE    for DELETE; the second parameter is the value of the header X-Bench-Keys
 * The app of a request is the value of the header X-Bench-App; without it the answer is 401.
 * As a CGI program it answers one GET, as dynmod does.
 */
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWERS_MAX = 8, ANSWER_BYTES_MAX = 1 << 20, NAME_MAX_LENGTH = 64 };

struct answer {
    char name[NAME_MAX_LENGTH];
    char *bytes;
    int length;
};

static const char unknown[] = "Status: 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
static struct answer answers[ANSWERS_MAX];
static char text[ANSWER_BYTES_MAX], body[ANSWER_BYTES_MAX];
static PGconn *connection;

static void fail(const char *what) {
    fprintf(stderr, "responder: %s\n", what);
    exit(EXIT_FAILURE);
}

/* The ready answer of this name, read from its file once. */
static const struct answer *ready_answer(const char *folder, const char *name) {
    struct answer *answer = answers;
    while (answer < answers + ANSWERS_MAX && answer->bytes != NULL) {
        if (strcmp(answer->name, name) == 0)
            return answer;
        answer++;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || answer == answers + ANSWERS_MAX)
        fail("no room for the answer, or no file of it");
    size_t length = fread(text, 1, sizeof text, file);
    fclose(file);
    answer->bytes = malloc(length);
    if (answer->bytes == NULL)
        fail("out of memory");
    memcpy(answer->bytes, text, length);
    answer->length = (int)length;
    snprintf(answer->name, sizeof answer->name, "%s", name);
    return answer;
}

static void connect_now(void) {
    connection = PQconnectdb(getenv("BENCH_DATABASE"));
    if (PQstatus(connection) != CONNECTION_OK)
        fail(PQerrorMessage(connection));
}

/* Writes the response with the document of the app to `text`; its length. */
static int document_answer(const char *app, bool prepared) {
    const char *values[] = {app};
    PGresult *result =
        prepared ? PQexecPrepared(connection, "document", 1, values, NULL, NULL, 0)
                 : PQexecParams(connection, getenv("BENCH_QUERY"), 1, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail(PQerrorMessage(connection));
    int column = PQnfields(result) - 1;
    int length = snprintf(text, sizeof text,
                          "Status: 200 OK\r\n"
                          "Content-Type: application/json;charset=UTF-8\r\n"
                          "ETag: \"%s\"\r\n"
                          "Cache-Control: private, no-cache\r\n"
                          "X-Content-Type-Options: nosniff\r\n"
                          "Content-Length: %d\r\n\r\n%s",
                          PQgetvalue(result, 0, 0), PQgetlength(result, 0, column),
                          PQgetvalue(result, 0, column));
    PQclear(result);
    return length;
}

/* Changes the modules of the app and writes the response to `text`; its length. */
static int change_answer(FCGX_Request *request, const char *app, bool registers) {
    const char *values[] = {app, FCGX_GetParam("HTTP_X_BENCH_KEYS", request->envp)};
    if (registers) {
        body[FCGX_GetStr(body, sizeof body - 1, request->in)] = '\0';
        values[1] = body;
    }
    PGresult *result =
        PQexecPrepared(connection, registers ? "register" : "remove", 2, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail(PQerrorMessage(connection));
    PQclear(result);
    return snprintf(text, sizeof text,
                    registers ? "Status: 200 OK\r\nContent-Length: 0\r\n\r\n"
                              : "Status: 204 No Content\r\n\r\n");
}

static void serve(FCGX_Request *request) {
    const char *folder = getenv("BENCH_ANSWERS");
    const char *app = FCGX_GetParam("HTTP_X_BENCH_APP", request->envp);
    const char *method = FCGX_GetParam("REQUEST_METHOD", request->envp);
    if (app == NULL) {
        FCGX_PutStr(unknown, (int)strlen(unknown), request->out);
    } else if (folder != NULL) {
        char name[NAME_MAX_LENGTH];
        bool unchanged = FCGX_GetParam("HTTP_IF_NONE_MATCH", request->envp) != NULL;
        snprintf(name, sizeof name, "%s%s", app, unchanged ? "-304" : "");
        const struct answer *answer = ready_answer(folder, name);
        FCGX_PutStr(answer->bytes, answer->length, request->out);
    } else {
        int length = strcmp(method, "GET") == 0
                         ? document_answer(app, true)
                         : change_answer(request, app, strcmp(method, "POST") == 0);
        FCGX_PutStr(text, length, request->out);
    }
}

/* Prepares the statement in an environment variable, if it is there. */
static void prepare(const char *name, const char *variable) {
    const char *statement = getenv(variable);
    if (statement == NULL)
        return;
    PGresult *result = PQprepare(connection, name, statement, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail(PQerrorMessage(connection));
    PQclear(result);
}

static void serve_fastcgi(void) {
    FCGX_Request request;
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        fail("libfcgi does not start");
    if (getenv("BENCH_ANSWERS") == NULL) {
        connect_now();
        prepare("document", "BENCH_QUERY");
        prepare("register", "BENCH_REGISTER");
        prepare("remove", "BENCH_REMOVE");
    }
    while (FCGX_Accept_r(&request) == 0) {
        request.keepConnection = 0; /* as dynmod does */
        serve(&request);
        FCGX_Finish_r(&request);
    }
}

static void serve_cgi(void) {
    const char *app = getenv("HTTP_X_BENCH_APP");
    if (app == NULL) {
        fwrite(unknown, 1, strlen(unknown), stdout);
        return;
    }
    connect_now();
    fwrite(text, 1, (size_t)document_answer(app, false), stdout);
    fflush(stdout);
    PQfinish(connection);
}

int main(void) {
    if (FCGX_IsCGI())
        serve_cgi();
    else
        serve_fastcgi();
    return EXIT_SUCCESS;
}
