#!/bin/bash
# Starts and stops private PostgreSQL and web servers with dynmod, for `make run` and for tests.
set -eu
umask 022

directory=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=dev/process.sh
. "$directory/process.sh"
# shellcheck source=dev/state.sh
. "$directory/state.sh"
# shellcheck source=dev/postgres.sh
. "$directory/postgres.sh"
# shellcheck source=dev/database.sh
. "$directory/database.sh"
# shellcheck source=dev/apache.sh
. "$directory/apache.sh"
# shellcheck source=dev/lighttpd.sh
. "$directory/lighttpd.sh"
# shellcheck source=dev/web.sh
. "$directory/web.sh"

usage() {
    cat <<'USAGE'
usage: dev/stack.sh COMMAND [--state DIR] [OPTION]...

start     starts PostgreSQL unless it is running, and with --setup a web server; prints the same as
          `show`
stop      stops the web server of --setup; without --setup everything
restart   restarts PostgreSQL only
check     names what was started and has died; if anything has, the status is 1
show      prints name=value lines: addresses, files, users
delete    stops everything and deletes the state directory
default   prints the state directory that is used without --state

--state DIR          where data and everything else is kept; may be started again later
--setup NAME         apache-fcgid, apache-proxy, apache-cgi, apache-htaccess, apache-htaccess-cgi,
                     lighttpd-fastcgi or lighttpd-cgi; several may run side by side
--port PORT          of the web server, on 127.0.0.1
--build DIR          where the programs are (default: build)
--database CONNINFO  another database for the public program, e.g. through PgBouncer
--option LINE        for the programs' dynmod.conf, e.g. 'auth_hints = on'; may be repeated
--env NAME=VALUE     for the programs' environment; may be repeated
--postgres LINE      for PostgreSQL's configuration, e.g. 'fsync = off'; may be repeated; applies to
                     the command that starts it
--mode MODE          how to stop PostgreSQL: smart, fast (default) or immediate
USAGE
}

# Prints name=value lines about the stack, and about the set-up if one is named.
show() {
    cat <<FACTS
state=${STATE:?}
config=$STATE/dynmod.conf
superuser_conninfo=$(database_conninfo postgres)
owner_conninfo=$(database_conninfo stack_owner)
admin_conninfo=$(database_conninfo stack_operator)
reader_conninfo=$(database_conninfo stack_reader)
web_conninfo=$(database_conninfo stack_web)
host_conninfo=$(database_conninfo stack_host)
postgres_user=$(postgres_user)
postgres_programs=$(postgres_programs "$DATA")
postgres_data=$DATA
postgres_pid_file=$DATA/postmaster.pid
postgres_log=$LOG
FACTS
    if [ -n "$setup" ]; then
        web_open "$setup"
        cat "$WEB/facts" 2>/dev/null || fail "$setup was never started in $STATE"
    fi
}

start() {
    local name
    if [ -n "$setup" ]; then
        [ -n "$port" ] || fail "start --setup needs --port"
        web_ready "$setup" "$port"
        for name in $WEB_PROGRAMS; do
            [ -x "$build/$name.fcgi" ] || fail "there is no program $build/$name.fcgi; run make"
        done
    fi
    if [ -z "$(postgres_process "$DATA")" ]; then
        database_start "${postgres_lines[@]}"
    fi
    install -m 0600 /dev/null "$STATE/dynmod.conf"
    {
        echo "database = $(database_conninfo stack_operator)"
        printf '%s\n' "${WEB_OPTIONS[@]}"
    } >"$STATE/dynmod.conf"
    if [ -n "$setup" ]; then
        web_start "$setup" "$port" "$build" "${database:-$(database_conninfo stack_web)}"
    fi
    show
}

stop() {
    local name status=0
    if [ -n "$setup" ]; then
        web_stop "$setup"
        return
    fi
    for name in $(web_started); do
        web_stop "$name" || status=1
    done
    postgres_halt "$DATA" "$mode" || status=1
    state_close
    return $status
}

check() {
    local name dead status=0
    for name in $(web_started); do
        web_open "$name"
        dead=$(web_dead_programs)
        if [ -z "$(web_server_process)" ]; then
            say "the web server of $name has died; see $WEB/log"
            status=1
        elif [ -n "$dead" ]; then
            say "the processes behind $name have died: ${dead//$'\n'/ }"
            status=1
        fi
    done
    if [ -d "$SOCKETS" ] && [ -z "$(postgres_process "$DATA")" ]; then
        say "PostgreSQL has died; see $LOG"
        status=1
    fi
    return $status
}

command=${1:-}
case $command in
start | stop | restart | check | show | delete) shift ;;
default)
    state_default
    exit
    ;;
help | --help | -h)
    usage
    exit
    ;;
*)
    usage >&2
    exit 2
    ;;
esac

state=$(state_default)
setup='' port='' build=$directory/../build database='' mode=fast
WEB_OPTIONS=() WEB_ENVIRONMENT=() postgres_lines=()
while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || fail "$1 needs a value"
    case $1 in
    --state) state=$2 ;;
    --setup) setup=$2 ;;
    --port) port=$2 ;;
    --build) build=$2 ;;
    --database) database=$2 ;;
    --option) WEB_OPTIONS+=("$2") ;;
    --env) WEB_ENVIRONMENT+=("$2") ;;
    --postgres) postgres_lines+=("$2") ;;
    --mode) mode=$2 ;;
    *) fail "unknown option $1; see dev/stack.sh help" ;;
    esac
    shift 2
done

state_find "$state"
case $command in
start | stop | restart | delete) state_lock ;;
esac
state_open
database_open
case $command in
restart)
    postgres_halt "$DATA" "$mode"
    postgres_relaunch "$DATA" "$SOCKETS" "$LOG"
    ;;
delete)
    stop || true
    state_delete
    ;;
*) "$command" ;;
esac
