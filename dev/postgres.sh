# shellcheck shell=bash
# The private PostgreSQL of a stack: on a UNIX socket only, where the user of the operating system
# decides which roles may log in. To be sourced after state.sh.

readonly POSTGRES_MINIMUM=13

# The directory with the programs of the PostgreSQL to use: the version that created the data, else
# the newest that is installed.
postgres_programs() {
    local found
    if [ -e "$FILES/postgres/data/PG_VERSION" ]; then
        found=$(cat "$FILES/postgres/data/PG_VERSION")
        [ -x "/usr/lib/postgresql/$found/bin/postgres" ] ||
            fail "the data in $STATE need PostgreSQL $found, which is not installed"
    else
        found=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres |
            cut -d / -f 5 | sort -n | tail -n 1)
        if [ "$found" = '*' ] || [ "$found" -lt "$POSTGRES_MINIMUM" ]; then
            fail "PostgreSQL $POSTGRES_MINIMUM or newer is not installed; see dev/dependencies.sh"
        fi
    fi
    echo "/usr/lib/postgresql/$found/bin"
}

# postgres_conninfo ROLE [DATABASE]
# How the starter connects, and for the role stack_web the web program.
postgres_conninfo() {
    echo "host=$RUN/postgres dbname=${2:-dynmod} user=$1"
}

# The process id of the running PostgreSQL, or nothing when it is not running.
postgres_process() {
    process_recorded "$FILES/postgres/data/postmaster.pid" "$FILES/postgres/data"
}

# Creates the data directory, once.
postgres_create() {
    local user
    [ -e "$FILES/postgres/data/PG_VERSION" ] && return
    user=$(postgres_user)
    # Left by an interrupted start.
    rm -rf -- "$FILES/postgres"
    install -d -m 0755 -o "$user" -- "$FILES/postgres"
    as_user "$user" "$(postgres_programs)/initdb" --no-sync --username=postgres --auth=peer \
        --encoding=UTF8 --locale=C.UTF-8 --pgdata="$FILES/postgres/new" >/dev/null
    echo "include 'stack.conf'" |
        as_user "$user" tee -a "$FILES/postgres/new/postgresql.conf" >/dev/null
    as_user "$user" mv -- "$FILES/postgres/new" "$FILES/postgres/data"
}

# postgres_configure [LINE]...
# Writes the settings for this start; LINEs are further ones, as in postgresql.conf.
postgres_configure() {
    local role
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$RUN/postgres'"
        printf '%s\n' "$@"
    } | postgres_write stack.conf
    echo 'local all all peer map=stack' | postgres_write pg_hba.conf
    {
        echo "stack $(postgres_user) postgres"
        echo "stack $(web_user) stack_web"
        for role in postgres stack_owner stack_operator stack_reader stack_web; do
            echo "stack $(starter) $role"
        done
    } | postgres_write pg_ident.conf
}

# postgres_write FILE
# Writes standard input to FILE in the data directory.
postgres_write() {
    as_user "$(postgres_user)" tee "$FILES/postgres/data/$1" >/dev/null
}

# The process ids of the running PostgreSQL and all its helpers.
postgres_all_processes() {
    local pid
    for pid in $(process_using "$(postgres_programs)/postgres"); do
        if [ "$(readlink "/proc/$pid/cwd")" = "$FILES/postgres/data" ]; then
            echo "$pid"
        fi
    done
}

# Starts PostgreSQL with the settings as they are.
postgres_launch() {
    local user
    user=$(postgres_user)
    # After a crash the recorded id may belong to a zombie or to another program, which PostgreSQL
    # mistakes for another PostgreSQL.
    process_end 10 postgres_all_processes || true
    rm -rf -- "$FILES/postgres/data/postmaster.pid" "$RUN/postgres"
    install -d -m 0755 -o "$user" -- "$RUN/postgres"
    as_user "$user" "$(postgres_programs)/pg_ctl" start --wait --silent \
        --pgdata="$FILES/postgres/data" --log="$FILES/postgres/postgres.log" >/dev/null ||
        fail "PostgreSQL does not start; see $FILES/postgres/postgres.log"
}

# postgres_start [LINE]...
# Starts PostgreSQL with a database that is ready for use. LINEs as for postgres_configure.
postgres_start() {
    postgres_create
    postgres_configure "$@"
    postgres_launch
    postgres_prepare
}

# postgres_stop [MODE]
# Stops PostgreSQL if it runs; MODE is smart, fast (the default) or immediate.
postgres_stop() {
    if [ -z "$(postgres_process)" ]; then
        process_end 2 postgres_all_processes || true
        return
    fi
    as_user "$(postgres_user)" "$(postgres_programs)/pg_ctl" stop --wait --silent \
        --mode="${1:-fast}" --pgdata="$FILES/postgres/data" >/dev/null
}

# postgres_query ROLE DATABASE
# Runs the SQL on standard input.
postgres_query() {
    "$(postgres_programs)/psql" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
        "$(postgres_conninfo "$1" "$2")"
}

# Brings roles, database and migrations to the state of the checkout. Each login role is a member of
# one group in sql/roles.sql and has no other rights.
postgres_prepare() {
    local sql
    sql=$(dirname "${BASH_SOURCE[0]}")/../sql
    postgres_query postgres postgres <"$sql/roles.sql" >/dev/null
    postgres_query postgres postgres <<'SQL'
SELECT format('CREATE ROLE %I LOGIN IN ROLE %I', login, membership)
  FROM (VALUES ('stack_owner', 'dynmod_owner'),
               ('stack_operator', 'dynmod_admin'),
               ('stack_reader', 'dynmod_read'),
               ('stack_web', 'dynmod_web')) AS wanted (login, membership)
 WHERE login NOT IN (SELECT rolname FROM pg_roles) \gexec
ALTER ROLE stack_web SET statement_timeout = '5s';
ALTER ROLE stack_web SET lock_timeout = '2s';
ALTER ROLE stack_web SET idle_in_transaction_session_timeout = '10s';
SELECT 'CREATE DATABASE dynmod OWNER dynmod_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'dynmod') \gexec
SQL
    "$sql/migrate.sh" "$(postgres_conninfo stack_owner)" >&2
}
