/* The one gate to PostgreSQL: a lazily opened connection and the rules of its use. */
#ifndef DYNMOD_STORE_DATABASE_H
#define DYNMOD_STORE_DATABASE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/fault.h"

/* One connection, opened by the first query that needs it and again when it was lost. */
struct database;

/* What a statement does, and so whether it may run again when nobody knows whether it ran. */
enum statement_effect {
    STATEMENT_READS,
    STATEMENT_ONCE,       /* it changes data; a second run would do or report something else */
    STATEMENT_REPEATABLE, /* it changes data, and a second run leads to the same */
};

/* One SQL statement; every parameter is sent as text. */
struct statement {
    const char *name; /* of the prepared statement */
    const char *text;
    int parameters;
    enum statement_effect effect;
};

/* A closed connection to `conninfo`, one of the two in `config`; both must outlive it. `program`
 * names it to the server. `lasting`: whether statements run more than once over it, so that it pays
 * to keep them prepared. */
struct database *database_new(const struct config *config, const char *conninfo,
                              const char *program, bool lasting)
    __attribute__((nonnull, returns_nonnull, warn_unused_result));
void database_free(struct database *database);
/* Whether its connections end after a few statements: not where a pooler keeps them. */
bool database_is_short_lived(const struct database *database) __attribute__((nonnull));

/* From now on no statement is sent over a connection whose schema is older than this program needs;
 * it fails with FAULT_UNAVAILABLE instead. */
void database_require_schema(struct database *database) __attribute__((nonnull));

/* From now on what is changed has this reason in the history; it must outlive the connection. */
void database_set_reason(struct database *database, const char *reason) __attribute__((nonnull(1)));

/* Runs `statement` with `values` (NULL for SQL null), as a transaction of its own, and hands the
 * rows to the caller in *result (free with PQclear). A connection that died is opened again; what
 * the server rolled back for a serialization failure or a deadlock runs again, up to three times.
 * After a loss of the connection the statement runs again, once, unless it is a STATEMENT_ONCE that
 * may have been committed. A statement that takes longer than database_timeout is cancelled.
 *
 * On failure database_sqlstate() says which error it was. The fault is FAULT_INPUT, FAULT_CONFLICT
 * or FAULT_NOT_FOUND where the data were at fault, FAULT_BUSY where too many changes of one app
 * wait, FAULT_UNKNOWN when a change may have been made nevertheless, or was made without a
 * synchronous standby confirming it, and FAULT_UNAVAILABLE in all other cases. */
bool database_query(struct database *database, const struct statement *statement,
                    const char *const *values, PGresult **result, struct fault *fault)
    __attribute__((nonnull(1, 2, 4, 5), warn_unused_result));

/* What a transaction of several statements is for. */
enum database_transaction {
    DATABASE_SNAPSHOT, /* reading, all of it as it is at the first statement */
    DATABASE_CHANGE,
};

/* Makes the statements that follow one transaction, until database_commit(). None of them runs
 * again; one that fails undoes all and ends the transaction, and so does closing the
 * connection. */
bool database_begin(struct database *database, enum database_transaction kind, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));
/* Ends the transaction. Fails with FAULT_UNKNOWN when it may have been committed. */
bool database_commit(struct database *database, struct fault *fault)
    __attribute__((nonnull, warn_unused_result));

/* How many connections have been made: while it stays the same, it is the same one. */
unsigned long database_connections(const struct database *database) __attribute__((nonnull));

/* The SQLSTATE of the last failed query; "" when the connection was lost or not there. */
const char *database_sqlstate(const struct database *database) __attribute__((nonnull));
/* The constraint that the last failed query broke, "" when it was none; valid until the next query.
 */
const char *database_constraint(const struct database *database) __attribute__((nonnull));
/* The DETAIL of the last failed query, "" when there was none; valid until the next query. */
const char *database_detail(const struct database *database) __attribute__((nonnull));

/* The value at `row` and `column`; NULL for SQL null. */
const char *database_value(const PGresult *result, int row, int column) __attribute__((nonnull));

#endif
