# shellcheck shell=bash
# The web servers of a stack: each set-up in a directory of its own, with copies of the programs and
# of the shipped configuration files. To be sourced after database.sh, apache.sh and lighttpd.sh.

WEB_SETUPS='apache-fcgid apache-proxy apache-cgi apache-htaccess apache-htaccess-cgi'
readonly WEB_SETUPS="$WEB_SETUPS lighttpd-fastcgi lighttpd-cgi"
readonly WEB_PROGRAMS='dynmod dynmod-admin'
readonly WEB_RESOURCE=/rest/atlassian-connect/1/app/module/dynamic
# Below it the admin program has resources; this itself is none.
readonly WEB_ADMIN_PATH=/rest/dynmod/1

# web_open SETUP
# Sets, for the functions of this file and of apache.sh and lighttpd.sh,
#   WEB      the directory of the set-up
#   WEB_RUN  its directory for sockets and process ids
#   SETUP    its name
web_open() {
    case " $WEB_SETUPS " in
    *" $1 "*) ;;
    *) fail "unknown set-up '$1'; use one of: $WEB_SETUPS" ;;
    esac
    SETUP=$1
    WEB=$FILES/web/$1
    WEB_RUN=$RUN/$1
}

# web_start SETUP PORT BUILD DATABASE
# Starts a web server on 127.0.0.1:PORT, which web_ready has accepted, with the programs from the
# directory BUILD. The public one connects to DATABASE, a conninfo. The array WEB_OPTIONS has more
# lines for dynmod.conf, the array WEB_ENVIRONMENT more variables for the programs' environment.
web_start() {
    local port=$2
    web_open "$1"
    web_stage "$3"
    web_write_config "$4"
    web_write_facts "$port"
    "${SETUP%%-*}_configure" "$port"
    "${SETUP%%-*}_start"
    web_wait "http://127.0.0.1:$port"
}

# web_ready SETUP PORT
# Ends the script when the web server cannot be started; clears away what a crash has left behind.
web_ready() {
    web_open "$1"
    [ -z "$(web_server_process)" ] || fail "$SETUP is already running in $STATE"
    if [ -n "$(web_processes)" ]; then
        web_stop "$SETUP" || true
    fi
    if [ "$2" -lt 1024 ] && [ "$(id -u)" -eq 0 ]; then
        fail "the web server runs as $(web_user), which may not use port $2; use one from 1024 on"
    fi
    if (: <"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then
        fail "port $2 is in use on 127.0.0.1; choose another one"
    fi
}

# web_stop SETUP
# Stops the web server and its programs if they are running. Returns 1 when something had to be
# killed.
web_stop() {
    local server patience=15 status=0
    web_open "$1"
    server=$(web_server_process)
    if [ -z "$server" ]; then
        # Children that have lost their main process may no longer react.
        server=$(web_server_processes)
        patience=2
    fi
    echo "$server" | process_signal TERM
    process_end "$patience" web_server_processes || status=1
    # Apache and lighttpd have stopped their programs; those of spawn-fcgi are still running.
    web_program_processes | process_signal TERM
    process_end 15 web_processes || status=1
    rm -rf -- "$WEB_RUN"
    return $status
}

# The set-ups that have been started and not stopped.
web_started() {
    local setup
    for setup in $WEB_SETUPS; do
        if [ -d "$RUN/$setup" ]; then
            echo "$setup"
        fi
    done
}

# The process id of the web server itself.
web_server_process() {
    process_recorded "$WEB_RUN/server.pid" "$WEB/server.conf"
}

# The process ids of the web server and its children.
web_server_processes() {
    process_using "$("${SETUP%%-*}_program")" "$WEB/server.conf"
}

# The process ids of the web server and of the programs started by it or by spawn-fcgi.
web_processes() {
    web_server_processes
    web_program_processes
}

# web_program NAME
# The file of the program NAME, one of WEB_PROGRAMS, that the web server executes.
web_program() {
    case $SETUP in
    apache-htaccess) echo "$WEB/documents/$1.fcgi" ;;
    apache-htaccess-cgi) echo "$WEB/documents/$1.cgi" ;;
    *) echo "$WEB/program/$1.fcgi" ;;
    esac
}

# The process ids of the programs, and of what they do in the background.
web_program_processes() {
    local name
    for name in $WEB_PROGRAMS; do
        process_using "$(web_program "$name")"
    done
}

# The programs without any process, in the set-up where no web server would start one.
web_dead_programs() {
    local name
    [ "$SETUP" = apache-proxy ] || return 0
    for name in $WEB_PROGRAMS; do
        [ -n "$(process_using "$(web_program "$name")")" ] || echo "$name.fcgi"
    done
}

# web_stage BUILD
# Copies the programs, and the configuration files with their paths filled in, to a place where the
# web server can read them.
web_stage() {
    local source file user name
    source=$(dirname "${BASH_SOURCE[0]}")/..
    user=$(web_user)
    rm -rf -- "$WEB" "$WEB_RUN"
    install -d -m 0755 -- "$FILES/web" "$WEB" "$WEB/program" "$WEB/documents"
    install -d -m 0755 -o "$user" -- "$WEB/log"
    install -d -m 0700 -o "$user" -- "$WEB_RUN"
    for name in $WEB_PROGRAMS; do
        case $SETUP in
        apache-htaccess*)
            install -m 0755 -- "$1/$name.fcgi" "$WEB/documents/$name.fcgi"
            install -m 0755 -- "$1/$name.fcgi" "$WEB/documents/$name.cgi"
            install -m 0644 -- "$source/cgi-bin/.htaccess" "$WEB/documents/.htaccess"
            ;;
        *) install -m 0755 -- "$1/$name.fcgi" "$WEB/program/$name.fcgi" ;;
        esac
    done
    for file in "$source/${SETUP%%-*}"/*.conf "$source/dev/${SETUP%%-*}.conf"; do
        sed -e "s|/usr/lib/dynmod\"|$WEB/program\"|" \
            -e "s|/etc/dynmod/dynmod.conf\"|$WEB/dynmod.conf\"|" \
            -e "s|\"/etc/dynmod/|\"$WEB/own/|" \
            -e "s|/var/log/lighttpd/|$WEB/log/|" \
            -e "s|\"/run/[a-z]*/\(dynmod[a-z.-]*\)\"|\"$WEB_RUN/\1\"|" \
            "$file" >"$WEB/${file##*/}"
    done
}

# web_write_config DATABASE
# Writes the configuration of the programs.
web_write_config() {
    install -m 0640 -g "$(id -g "$(web_user)")" /dev/null "$WEB/dynmod.conf"
    {
        echo "database = $1"
        echo "admin_database = $(database_conninfo stack_host)"
        echo "counters_file = $WEB_RUN/counters"
        printf '%s\n' "${WEB_OPTIONS[@]}"
    } >"$WEB/dynmod.conf"
}

# web_write_facts PORT
# Writes what callers may need to know about the set-up.
web_write_facts() {
    cat >"$WEB/facts" <<FACTS
setup=$SETUP
url=http://127.0.0.1:$1
web_config=$WEB/dynmod.conf
web_program=$(web_program dynmod)
web_admin_program=$(web_program dynmod-admin)
web_user=$(web_user)
web_log_directory=$WEB/log
web_error_log=$WEB/log/error.log
web_pid_file=$WEB_RUN/server.pid
FACTS
    if [ "$SETUP" = apache-proxy ]; then
        echo "web_workers_pid_file=$WEB_RUN/dynmod.pid" >>"$WEB/facts"
        echo "web_admin_workers_pid_file=$WEB_RUN/dynmod-admin.pid" >>"$WEB/facts"
    fi
}

# web_wait URL
# Waits until the programs answer; ends the script if they do not.
web_wait() {
    web_wait_for "$1$WEB_RESOURCE" ' (200|401)$'
    web_wait_for "$1$WEB_ADMIN_PATH" 'no such resource.* 404$'
}

# web_wait_for URL PATTERN
# Waits until the answer to a request without credentials, its status last, matches PATTERN.
web_wait_for() {
    local turns=100 answer
    while answer=$(curl -s -m 10 -w ' %{http_code}' "$1") || true; do
        if [[ $answer =~ $2 ]]; then
            return
        fi
        [ $((turns -= 1)) -gt 0 ] || break
        sleep 0.1
    done
    tail -n 20 "$WEB/log/error.log" >&2 || true
    web_stop "$SETUP" || true
    fail "$SETUP does not answer as it should to GET $1: $answer"
}
