# shellcheck shell=bash
# The database of a stack, on a private PostgreSQL where the user of the operating system decides
# which roles may log in. To be sourced after state.sh and postgres.sh.

# Sets, for the stack that is open,
#   DATA     the data directory of PostgreSQL
#   SOCKETS  the directory of its socket
#   LOG      its log
database_open() {
    DATA=$FILES/postgres/data
    SOCKETS=$RUN/postgres
    LOG=$FILES/postgres/postgres.log
}

# database_conninfo ROLE [DATABASE]
# How the starter connects, and for the roles stack_web and stack_host the web programs.
database_conninfo() {
    echo "host=$SOCKETS dbname=${2:-dynmod} user=$1"
}

# database_start [LINE]...
# Starts PostgreSQL with a database that is ready for use. LINEs are further settings, as in
# postgresql.conf, for this start.
database_start() {
    local user
    user=$(postgres_user)
    install -d -m 0755 -o "$user" -- "$FILES/postgres" "$SOCKETS"
    postgres_create "$DATA" --auth=peer --locale=C.UTF-8
    database_admit
    postgres_launch "$DATA" "$SOCKETS" "$LOG" "$@"
    database_prepare
}

# Writes which user may log in as which role.
database_admit() {
    local role
    echo 'local all all peer map=stack' | postgres_write "$DATA" pg_hba.conf
    {
        echo "stack $(postgres_user) postgres"
        echo "stack $(web_user) stack_web"
        echo "stack $(web_user) stack_host"
        for role in postgres stack_owner stack_operator stack_reader stack_web stack_host; do
            echo "stack $(starter) $role"
        done
    } | postgres_write "$DATA" pg_ident.conf
}

# database_query ROLE DATABASE
# Runs the SQL on standard input.
database_query() {
    "$(postgres_programs "$DATA")/psql" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
        "$(database_conninfo "$1" "$2")"
}

# Brings roles, database and migrations to the state of the checkout. Each login role is a member of
# one group in sql/roles.sql and has no other rights.
database_prepare() {
    local sql
    sql=$(dirname "${BASH_SOURCE[0]}")/../sql
    database_query postgres postgres <"$sql/roles.sql" >/dev/null
    database_query postgres postgres <<'SQL'
SELECT format('CREATE ROLE %I LOGIN IN ROLE %I', login, membership)
  FROM (VALUES ('stack_owner', 'dynmod_owner'),
               ('stack_operator', 'dynmod_admin'),
               ('stack_reader', 'dynmod_read'),
               ('stack_web', 'dynmod_web'),
               ('stack_host', 'dynmod_host')) AS wanted (login, membership)
 WHERE login NOT IN (SELECT rolname FROM pg_roles) \gexec
SELECT format('ALTER ROLE %I SET %I = %L', login, setting, value)
  FROM (VALUES ('stack_web'), ('stack_host')) AS program (login),
       (VALUES ('statement_timeout', '5s'),
               ('lock_timeout', '2s'),
               ('idle_in_transaction_session_timeout', '10s')) AS time_limit (setting, value) \gexec
SELECT 'CREATE DATABASE dynmod OWNER dynmod_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'dynmod') \gexec
SQL
    "$sql/migrate.sh" "$(database_conninfo stack_owner)" >&2
}
