/* The one gate to PostgreSQL: a lazily opened connection and the rules of its use. */
#include "store/database.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "store/await.h"
#include "store/connect.h"
#include "store/outcome.h"
#include "store/store_version.h"

enum { PREPARED_MAX = 32, TRIES_MAX = 3, IDENTIFIER_SIZE = 64 /* NAMEDATALEN of PostgreSQL */ };

struct database {
    const struct config *config;
    const char *conninfo;
    const char *program;
    bool lasting, prepare;
    bool needs_schema;
    unsigned long connections; /* made so far */
    const char *reason;        /* why what follows is changed; NULL for no reason */
    PGconn *connection;
    bool in_transaction;                            /* of several statements */
    bool schema_fits;                               /* what this connection has found out */
    const struct statement *prepared[PREPARED_MAX]; /* on this connection; NULL behind the last */
    bool unconfirmed; /* the last statement is committed, but perhaps not on the standby */
    char sqlstate[6];
    char constraint[IDENTIFIER_SIZE];
    struct buffer detail;
};

#define QUERY_CANCELED "57014"
#define UNDEFINED_FUNCTION_OR_SCHEMA "42883 3F000"

struct database *database_new(const struct config *config, const char *conninfo,
                              const char *program, bool lasting) {
    struct database *database = memory_alloc(sizeof *database);
    database->config = config;
    database->conninfo = conninfo;
    database->program = program;
    database->lasting = lasting;
    database->prepare = lasting && config->prepared_statements;
    buffer_init(&database->detail, LIMIT_MESSAGE);
    return database;
}

bool database_is_short_lived(const struct database *database) {
    return !database->lasting && database->config->prepared_statements;
}

void database_require_schema(struct database *database) {
    database->needs_schema = true;
}

void database_set_reason(struct database *database, const char *reason) {
    database->reason = reason;
}

static void disconnect(struct database *database) {
    PQfinish(database->connection);
    database->connection = NULL;
    database->in_transaction = false;
    database->schema_fits = false;
    memset(database->prepared, 0, sizeof database->prepared);
}

void database_free(struct database *database) {
    if (database == NULL)
        return;
    disconnect(database);
    buffer_free(&database->detail);
    free(database);
}

unsigned long database_connections(const struct database *database) {
    return database->connections;
}

const char *database_sqlstate(const struct database *database) {
    return database->sqlstate;
}

const char *database_constraint(const struct database *database) {
    return database->constraint;
}

const char *database_detail(const struct database *database) {
    return buffer_text(&database->detail);
}

const char *database_value(const PGresult *result, int row, int column) {
    return PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

/* A commit that stops waiting for synchronous replication succeeds, with a warning that has no
 * SQLSTATE of its own and a text in any language. */
static void take_notice(void *context, const PGresult *notice) {
    struct database *database = context;
    const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
    if (function != NULL && strcmp(function, "SyncRepWaitForLSN") == 0)
        database->unconfirmed = true;
    log_write(LOG_LEVEL_DEBUG, "database notice: %s", PQresultErrorMessage(notice));
}

static bool connect_now(struct database *database, struct fault *fault) {
    disconnect(database);
    database->connection = connect_open(database->conninfo, database->program);
    if (PQstatus(database->connection) != CONNECTION_OK) {
        outcome_server_fault(fault, FAULT_UNAVAILABLE, "no connection to the database",
                             PQerrorMessage(database->connection));
        disconnect(database);
        metrics_count_event(METRICS_EVENT_CONNECTION_FAILURE);
        return false;
    }
    metrics_count_event(METRICS_EVENT_CONNECTION);
    if (database->connections++ > 0)
        metrics_count_event(METRICS_EVENT_RECONNECTION);
    PQsetNoticeReceiver(database->connection, take_notice, database);
    return true;
}

/* A connection that looks alive. An idle one has nothing to read unless the server closed it, so
 * one poll() finds restarts and killed backends before a statement is lost (libpq cannot). */
static bool ensure_connection(struct database *database, struct fault *fault) {
    if (database->in_transaction)
        return true; /* should it be lost, so is the transaction */
    if (database->connection != NULL) {
        struct pollfd idle = {.fd = PQsocket(database->connection), .events = POLLIN};
        if (PQstatus(database->connection) == CONNECTION_OK && poll(&idle, 1, 0) == 0)
            return true;
        log_write(LOG_LEVEL_INFO, "the database connection was lost; connecting again");
    }
    return connect_now(database, fault);
}

/* Of a statement that begins now. */
static int64_t deadline_of(const struct database *database) {
    return clock_milliseconds() + (int64_t)1000 * database->config->database_timeout;
}

static void set_timeout_fault(const struct database *database, struct fault *fault) {
    fault_set(fault, FAULT_UNAVAILABLE, "the database did not answer within %ld seconds",
              database->config->database_timeout);
}

static enum outcome lost(struct database *database, int64_t deadline, struct fault *fault) {
    if (clock_milliseconds() >= deadline)
        set_timeout_fault(database, fault);
    else
        outcome_server_fault(fault, FAULT_UNAVAILABLE, "the database connection was lost",
                             PQerrorMessage(database->connection));
    disconnect(database);
    return OUTCOME_LOST;
}

/* Takes an error result apart; a fatal error without SQLSTATE is a dead connection. */
static enum outcome refused(struct database *database, const PGresult *result, int64_t deadline,
                            struct fault *fault) {
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate == NULL || strlen(sqlstate) != 5)
        return lost(database, deadline, fault);
    memcpy(database->sqlstate, sqlstate, sizeof database->sqlstate);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    snprintf(database->constraint, sizeof database->constraint, "%s",
             constraint == NULL ? "" : constraint);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    buffer_add_text(&database->detail, detail == NULL ? "" : detail);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *message = primary == NULL ? "" : primary;
    fault_set(fault, outcome_fault_kind(sqlstate), "%s", message);
    if (outcome_is_one_of(sqlstate, "26000 42P05"))
        fault_set(fault, FAULT_UNAVAILABLE,
                  "%s; behind a connection pooler set prepared_statements = off", message);
    const bool late = clock_milliseconds() >= deadline;
    if (late && outcome_is_one_of(sqlstate, QUERY_CANCELED))
        set_timeout_fault(database, fault);
    enum outcome outcome = outcome_of(sqlstate);
    if (late || outcome == OUTCOME_RECONNECT || outcome == OUTCOME_LOST ||
        PQstatus(database->connection) != CONNECTION_OK)
        disconnect(database);
    return outcome;
}

/* Like refused(), before the statement itself was on its way. */
static enum outcome refused_before(struct database *database, const PGresult *result,
                                   int64_t deadline, struct fault *fault) {
    enum outcome outcome = refused(database, result, deadline, fault);
    return outcome == OUTCOME_LOST ? OUTCOME_RECONNECT : outcome;
}

/* Asks once for each connection: migrations only go forward. */
static enum outcome check_schema(struct database *database, int64_t deadline, struct fault *fault) {
    if (!database->needs_schema || database->schema_fits)
        return OUTCOME_DONE;
    PGresult *result = await_result(
        database->connection, PQsendQuery(database->connection, "SELECT dynmod.current_version()"),
        deadline);
    const bool answered = result != NULL && PQresultStatus(result) == PGRES_TUPLES_OK;
    enum outcome outcome =
        answered ? OUTCOME_DONE : refused_before(database, result, deadline, fault);
    if (answered || outcome_is_one_of(database->sqlstate, UNDEFINED_FUNCTION_OR_SCHEMA)) {
        const char *version = answered ? database_value(result, 0, 0) : NULL;
        database->schema_fits = store_version_fits(version, fault);
        outcome = database->schema_fits ? OUTCOME_DONE : OUTCOME_FAILED;
    }
    PQclear(result);
    return outcome;
}

/* Waits for the end of what is sent before a statement. */
static enum outcome run_before(struct database *database, int sent, int64_t deadline,
                               struct fault *fault) {
    PGresult *result = await_result(database->connection, sent, deadline);
    ExecStatusType status = PQresultStatus(result);
    enum outcome outcome = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
                               ? OUTCOME_DONE
                               : refused_before(database, result, deadline, fault);
    PQclear(result);
    return outcome;
}

/* Prepares the statement unless this connection knows it already. */
static enum outcome prepare(struct database *database, const struct statement *statement,
                            int64_t deadline, struct fault *fault) {
    int slot = 0;
    while (slot < PREPARED_MAX && database->prepared[slot] != NULL)
        if (database->prepared[slot++] == statement)
            return OUTCOME_DONE;
    if (slot == PREPARED_MAX) {
        fault_set(fault, FAULT_INTERNAL, "too many prepared statements");
        return OUTCOME_FAILED;
    }
    int sent = PQsendPrepare(database->connection, statement->name, statement->text, 0, NULL);
    enum outcome outcome = run_before(database, sent, deadline, fault);
    database->prepared[slot] = outcome == OUTCOME_DONE ? statement : NULL;
    return outcome;
}

/* Begins a transaction by `command`, and gives it the reason, if there is one. */
static enum outcome begin_with_reason(struct database *database, const char *command,
                                      int64_t deadline, struct fault *fault) {
    int sent = PQsendQuery(database->connection, command);
    enum outcome outcome = run_before(database, sent, deadline, fault);
    if (outcome != OUTCOME_DONE || database->reason == NULL)
        return outcome;
    sent = PQsendQueryParams(database->connection,
                             "SELECT pg_catalog.set_config('dynmod.reason', $1, true)", 1, NULL,
                             &database->reason, NULL, NULL, 0);
    outcome = run_before(database, sent, deadline, fault);
    if (outcome != OUTCOME_DONE)
        disconnect(database);
    return outcome;
}

/* Begins the transaction of a change that has a reason, which ends with it. */
static enum outcome begin(struct database *database, const struct statement *statement,
                          int64_t deadline, struct fault *fault) {
    const bool reads = statement->effect == STATEMENT_READS;
    if (database->reason == NULL || database->in_transaction || reads)
        return OUTCOME_DONE;
    return begin_with_reason(database, "BEGIN", deadline, fault);
}

/* Ends what begin() has begun, if it has. */
static enum outcome commit(struct database *database, int64_t deadline, struct fault *fault) {
    if (database->in_transaction || PQtransactionStatus(database->connection) == PQTRANS_IDLE)
        return OUTCOME_DONE;
    PGresult *result =
        await_result(database->connection, PQsendQuery(database->connection, "COMMIT"), deadline);
    enum outcome outcome = PQresultStatus(result) == PGRES_COMMAND_OK
                               ? OUTCOME_DONE
                               : refused(database, result, deadline, fault);
    PQclear(result);
    return outcome;
}

static int send_statement(struct database *database, const struct statement *statement,
                          const char *const *values) {
    if (database->prepare)
        return PQsendQueryPrepared(database->connection, statement->name, statement->parameters,
                                   values, NULL, NULL, 0);
    return PQsendQueryParams(database->connection, statement->text, statement->parameters, NULL,
                             values, NULL, NULL, 0);
}

static enum outcome try_query(struct database *database, const struct statement *statement,
                              const char *const *values, PGresult **result, struct fault *fault) {
    int64_t deadline = deadline_of(database);
    database->unconfirmed = false;
    database->sqlstate[0] = '\0';
    database->constraint[0] = '\0';
    buffer_clear(&database->detail);
    if (!ensure_connection(database, fault))
        return OUTCOME_FAILED;
    enum outcome outcome = check_schema(database, deadline, fault);
    if (outcome == OUTCOME_DONE && database->prepare)
        outcome = prepare(database, statement, deadline, fault);
    if (outcome == OUTCOME_DONE)
        outcome = begin(database, statement, deadline, fault);
    if (outcome != OUTCOME_DONE)
        return outcome;
    *result =
        await_result(database->connection, send_statement(database, statement, values), deadline);
    ExecStatusType status = PQresultStatus(*result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        outcome = database->in_transaction && clock_milliseconds() >= deadline
                      ? lost(database, deadline, fault) /* a cancelling may still hit the next */
                      : commit(database, deadline, fault);
    else
        outcome = refused(database, *result, deadline, fault);
    if (outcome == OUTCOME_DONE) {
        if (clock_milliseconds() >= deadline)
            disconnect(database); /* a cancelling that came too late must not hit the next */
        if (!database->unconfirmed || statement->effect == STATEMENT_READS)
            return OUTCOME_DONE;
        fault_set(fault, FAULT_UNKNOWN, "no standby has confirmed the change, which has been made");
        outcome = OUTCOME_FAILED; /* running it again might change nothing and so wait for nobody */
    } else if (database->connection != NULL &&
               PQtransactionStatus(database->connection) != PQTRANS_IDLE) {
        disconnect(database); /* which ends the transaction */
    }
    PQclear(*result);
    *result = NULL;
    return outcome;
}

/* Runs the statement as often as it takes and is allowed. */
static bool query(struct database *database, const struct statement *statement,
                  const char *const *values, PGresult **result, struct fault *fault) {
    const bool once = statement->effect == STATEMENT_ONCE;
    const bool alone = !database->in_transaction; /* others went before, which would be lost */
    bool reconnected = false, unknown = false;
    for (int try = 1;; try++) {
        enum outcome outcome = try_query(database, statement, values, result, fault);
        if (outcome == OUTCOME_DONE)
            return true;
        bool again = outcome == OUTCOME_ROLLED_BACK && try < TRIES_MAX;
        if (outcome == OUTCOME_RECONNECT || (outcome == OUTCOME_LOST && !once)) {
            again = !reconnected;
            reconnected = true;
        }
        unknown = unknown || (outcome == OUTCOME_LOST && statement->effect != STATEMENT_READS);
        if (!again || !alone)
            break;
        metrics_count_event(METRICS_EVENT_RETRY);
        log_write(LOG_LEVEL_INFO, "trying %s again: %s", statement->name, fault->text);
        await_pause(try);
    }
    if (unknown && alone && fault->kind == FAULT_UNAVAILABLE)
        fault_set(fault, FAULT_UNKNOWN, "%s; the change may have been made", fault->text);
    return false;
}

bool database_query(struct database *database, const struct statement *statement,
                    const char *const *values, PGresult **result, struct fault *fault) {
    int64_t start = clock_microseconds();
    bool ok = query(database, statement, values, result, fault);
    metrics_count_query((uint64_t)(clock_microseconds() - start));
    return ok;
}

bool database_begin(struct database *database, enum database_transaction kind,
                    struct fault *fault) {
    const char *const commands[] = {
        [DATABASE_SNAPSHOT] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        [DATABASE_CHANGE] = "BEGIN",
    };
    int64_t deadline = deadline_of(database);
    database->unconfirmed = false;
    database->sqlstate[0] = '\0';
    database->in_transaction =
        ensure_connection(database, fault) &&
        check_schema(database, deadline, fault) == OUTCOME_DONE &&
        begin_with_reason(database, commands[kind], deadline, fault) == OUTCOME_DONE;
    return database->in_transaction;
}

bool database_commit(struct database *database, struct fault *fault) {
    if (!database->in_transaction)
        return fault_set(fault, FAULT_INTERNAL, "there is no transaction to commit");
    database->in_transaction = false;
    enum outcome outcome = commit(database, deadline_of(database), fault);
    if (outcome == OUTCOME_DONE && database->unconfirmed)
        return fault_set(fault, FAULT_UNKNOWN,
                         "no standby has confirmed the change, which has been made");
    if (outcome == OUTCOME_LOST)
        return fault_set(fault, FAULT_UNKNOWN, "%s; the change may have been made", fault->text);
    return outcome == OUTCOME_DONE;
}
