# A private, throw-away PostgreSQL for tests; for bash. Nothing of it outlives the test.
# shellcheck shell=bash
#
# postgres_start   starts the server and points psql at it: PGHOST, PGUSER, PGDATABASE are set,
#                  the newest installed server's programs come first in PATH
# postgres_stop    stops it and removes its files; also runs when the shell exits
#
# It needs nothing outside its own folder, so the checkout may lie where only root can enter.
# shellcheck source=../../dev/process.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../dev/process.sh"
# shellcheck source=../../dev/postgres.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../dev/postgres.sh"

postgres_directory=

# Makes the folder "data". It takes a second or two, so the first test leaves a copy in build/ for
# the others.
postgres_initialize() {
    local build copy
    build=$(dirname "${BASH_SOURCE[0]}")/../../build
    copy=$build/data-$(postgres --version | tr -cs 'a-zA-Z0-9.\n' -).tar
    if [ -r "$copy" ]; then
        as_user "$(postgres_user)" tar -C "$postgres_directory" -xpf - <"$copy"
        return
    fi
    postgres_create "$postgres_directory/data" --auth=trust --no-locale --wal-segsize=1
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
    chown "$(postgres_user)" "$postgres_directory"
    postgres_initialize
    postgres_launch "$postgres_directory/data" "$postgres_directory" "$postgres_directory/log" \
        'fsync = off' 'full_page_writes = off' 'synchronous_commit = off' 'wal_level = minimal' \
        'max_wal_senders = 0' 'shared_buffers = 32MB' 'max_connections = 60' 'autovacuum = off' \
        'jit = off'
    export PATH PGHOST=$postgres_directory PGUSER=postgres PGDATABASE=postgres
    unset PGPORT PGOPTIONS PGSERVICE PGPASSWORD
}

# The data is thrown away.
postgres_stop() {
    if [ -n "$postgres_directory" ]; then
        postgres_halt "$postgres_directory/data" immediate || true
        rm -rf "$postgres_directory"
        postgres_directory=
    fi
}
