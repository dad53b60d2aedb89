# shellcheck shell=bash
# A private PostgreSQL server, for stacks and for tests: on a UNIX socket only, and never run by root.
# Paths are absolute; the user of the server may write to the directories of data, sockets and log.
# To be sourced after process.sh.

readonly POSTGRES_MINIMUM=13

# postgres_programs [DATA]
# The directory with the programs of the PostgreSQL to use: the version that created DATA, else the
# newest that is installed.
postgres_programs() {
    local found
    if [ -n "${1-}" ] && [ -e "$1/PG_VERSION" ]; then
        found=$(cat "$1/PG_VERSION")
        [ -x "/usr/lib/postgresql/$found/bin/postgres" ] ||
            fail "the data in $1 need PostgreSQL $found, which is not installed"
    else
        found=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres |
            cut -d / -f 5 | sort -n | tail -n 1)
        if [ "$found" = '*' ] || [ "$found" -lt "$POSTGRES_MINIMUM" ]; then
            fail "PostgreSQL $POSTGRES_MINIMUM or newer is not installed; see dev/dependencies.sh"
        fi
    fi
    echo "/usr/lib/postgresql/$found/bin"
}

# The process id of the server that runs on DATA, or nothing when none does.
postgres_process() {
    process_recorded "$1/postmaster.pid" "$1"
}

# The process ids of the server that runs on DATA and of all its helpers.
postgres_all_processes() {
    local pid
    for pid in $(process_using "$(postgres_programs "$1")/postgres"); do
        if [ "$(readlink "/proc/$pid/cwd")" = "$1" ]; then
            echo "$pid"
        fi
    done
}

# postgres_create DATA [OPTION]...
# Creates the directory DATA with the superuser postgres, unless it exists; OPTIONs are initdb's.
postgres_create() {
    local data=$1 user
    shift
    [ ! -e "$data/PG_VERSION" ] || return 0
    user=$(postgres_user)
    # Left by an interrupted start.
    rm -rf -- "$data" "$data.new"
    as_user "$user" "$(postgres_programs)/initdb" --no-sync --username=postgres --encoding=UTF8 \
        "$@" --pgdata="$data.new" >/dev/null
    echo "include 'private.conf'" |
        as_user "$user" tee -a "$data.new/postgresql.conf" >/dev/null
    as_user "$user" mv -- "$data.new" "$data"
}

# postgres_write DATA FILE
# Writes standard input to FILE in the directory DATA.
postgres_write() {
    as_user "$(postgres_user)" tee "$1/$2" >/dev/null
}

# postgres_launch DATA SOCKETS LOG [LINE]...
# Starts a server on DATA and waits until it is ready. Its socket is in the directory SOCKETS; LINEs
# are further settings, as in postgresql.conf.
postgres_launch() {
    local data=$1 sockets=$2 log=$3
    {
        echo "listen_addresses = ''"
        echo "unix_socket_directories = '$sockets'"
        printf '%s\n' "${@:4}"
    } | postgres_write "$data" private.conf
    postgres_relaunch "$data" "$sockets" "$log"
}

# postgres_relaunch DATA SOCKETS LOG
# The same, with the settings of the last start.
postgres_relaunch() {
    if [ -e "$1/postmaster.pid" ]; then
        # After a crash the recorded id may belong to a zombie or to another program, which
        # PostgreSQL mistakes for another PostgreSQL.
        process_end 10 postgres_all_processes "$1" || true
        rm -f -- "$1/postmaster.pid"
    fi
    rm -f -- "$2"/.s.PGSQL.*
    if ! as_user "$(postgres_user)" "$(postgres_programs "$1")/pg_ctl" start --wait --silent \
        --pgdata="$1" --log="$3" </dev/null >/dev/null; then
        tail -n 20 -- "$3" >&2
        fail "PostgreSQL does not start; see $3"
    fi
}

# postgres_halt DATA [MODE]
# Stops the server if it runs; MODE is smart, fast (the default) or immediate.
postgres_halt() {
    if [ -z "$(postgres_process "$1")" ]; then
        process_end 2 postgres_all_processes "$1" || true
        return
    fi
    as_user "$(postgres_user)" "$(postgres_programs "$1")/pg_ctl" stop --wait --silent \
        --mode="${2:-fast}" --pgdata="$1" >/dev/null
}
