# A private, throw-away PostgreSQL for tests; for bash. Nothing of it outlives the test.
# shellcheck shell=bash
#
# postgres_start   starts the server and points psql at it: PGHOST, PGUSER, PGDATABASE are set,
#                  the newest installed server's programs come first in PATH
# postgres_stop    stops it and removes its files; also runs when the shell exits
#
# As root the server runs as the user postgres (nobody where there is none); it needs nothing
# outside its own folder, so the checkout may lie where only root can enter.

postgres_directory=
postgres_pid=

# Prints the folder of the newest server's programs.
postgres_programs() {
    local program
    program=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb |
        sort -V | while read -r name; do [ -x "$name" ] && printf '%s\n' "$name"; done | tail -n 1)
    dirname "${program:-$(command -v initdb)}"
}

# Replaces the shell by a command that runs as the user of the server, in a folder it may enter;
# call it in a subshell.
postgres_exec() {
    cd "$postgres_directory" || exit 1
    if [ "$(id -u)" -ne 0 ]; then
        exec "$@"
    fi
    local user=postgres
    id -u "$user" >/dev/null 2>&1 || user=nobody
    chown "$user" "$postgres_directory"
    exec setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@"
}

# Makes the folder "data". It takes a second or two, so the first test leaves a copy in build/ for
# the others.
postgres_initialize() {
    local build copy
    build=$(dirname "${BASH_SOURCE[0]}")/../../build
    copy=$build/$(postgres --version | tr -cs 'a-zA-Z0-9.\n' -).tar
    if [ -r "$copy" ]; then
        (postgres_exec tar -xpf -) <"$copy"
        return
    fi
    (postgres_exec initdb --pgdata data --username postgres --auth trust --encoding UTF8 \
        --no-locale --no-sync --wal-segsize 1) >"$postgres_directory/log" 2>&1 ||
        { cat "$postgres_directory/log" >&2 && exit 1; }
    if mkdir -p "$build" && [ -w "$build" ]; then
        tar -C "$postgres_directory" -cf "$copy.$$" data && mv "$copy.$$" "$copy"
    fi
}

postgres_start() {
    PATH=$(postgres_programs):$PATH
    # A short name, because the path of a socket may have 107 bytes only.
    postgres_directory=$(mktemp -d "${TMPDIR:-/tmp}/dynmod-pg.XXXXXX")
    chmod 755 "$postgres_directory"
    trap postgres_stop EXIT
    trap 'exit 130' INT TERM HUP
    postgres_initialize
    (postgres_exec postgres -D data -k "$postgres_directory" \
        -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
        -c wal_level=minimal -c max_wal_senders=0 -c shared_buffers=32MB -c max_connections=60 \
        -c autovacuum=off -c jit=off) \
        </dev/null >>"$postgres_directory/log" 2>&1 &
    postgres_pid=$!
    export PATH PGHOST=$postgres_directory PGUSER=postgres PGDATABASE=postgres
    unset PGPORT PGOPTIONS PGSERVICE PGPASSWORD
    local tries=0
    until pg_isready -q; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ] || ! kill -0 "$postgres_pid" 2>/dev/null; then
            cat "$postgres_directory/log" >&2
            exit 1
        fi
        sleep 0.05
    done
}

# Immediate shutdown: the data is thrown away.
postgres_stop() {
    if [ -n "$postgres_pid" ]; then
        kill -QUIT "$postgres_pid" 2>/dev/null || true
        wait "$postgres_pid" 2>/dev/null || true
        postgres_pid=
    fi
    if [ -n "$postgres_directory" ]; then
        rm -rf "$postgres_directory"
        postgres_directory=
    fi
}
