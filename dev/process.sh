# shellcheck shell=bash
# Who runs what: messages, the users of the stack, processes and how they end. To be sourced.

# Tells people something without disturbing what a script prints for other programs.
say() {
    printf 'dynmod: %s\n' "$*" >&2
}

# Says why and ends the script with status 1.
fail() {
    say "$*"
    exit 1
}

# The user who runs this script.
starter() {
    id -un 2>/dev/null || fail "user id $(id -u) has no name in /etc/passwd; PostgreSQL needs one"
}

# The user that web servers and the web program run as: never root.
web_user() {
    if [ "$(id -u)" -ne 0 ]; then
        starter
    elif id www-data >/dev/null 2>&1; then
        echo www-data
    else
        echo nobody
    fi
}

# The user that PostgreSQL runs as: never root.
postgres_user() {
    if [ "$(id -u)" -eq 0 ] && id postgres >/dev/null 2>&1; then
        echo postgres
    else
        web_user
    fi
}

# Whether this machine has the address ::1, which clients may take for "localhost".
has_ipv6_loopback() {
    grep -qs '^0\{31\}1 ' /proc/net/if_inet6
}

# as_user USER [NAME=VALUE]... COMMAND [ARGUMENT]...
# Runs a command as USER with an environment of its own, in a directory that everyone may enter, and
# without the lock of state_lock, which a server must not keep.
as_user() (
    user=$1
    shift
    cd /
    exec 8>&-
    set -- env -i PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 "$@"
    if [ "$user" = "$(starter)" ]; then
        exec "$@"
    fi
    exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
)

# process_recorded FILE MARK
# Prints the process id in the first line of FILE if that process is alive and has MARK in its
# command line: an id that another program was given after a crash does not count.
process_recorded() {
    local pid
    if [ -r "$1" ] && read -r pid <"$1"; then
        if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2"; then
            echo "$pid"
        fi
    fi
}

# process_using PROGRAM [ARGUMENT]
# Prints the ids of all processes that execute the file PROGRAM, with ARGUMENT among its arguments.
process_using() {
    local process file arguments
    find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -printf '%h %l\n' 2>/dev/null |
        while read -r process file; do
            mapfile -d '' -t arguments 2>/dev/null <"$process/cmdline" || continue
            # The name that it was started with, for a program that may not be inspected.
            if [ "${file% (deleted)}" = "$1" ] || [ "${arguments[0]-}" = "$1" ]; then
                if [ $# -eq 1 ] || has_word "$2" "${arguments[@]}"; then
                    echo "${process#/proc/}"
                fi
            fi
        done
}

# has_word WORD [WORD]...
# Whether the first word is among the others.
has_word() {
    local word wanted=$1
    shift
    for word in "$@"; do
        [ "$word" != "$wanted" ] || return 0
    done
    return 1
}

# process_signal NAME
# Sends a signal to the processes whose ids are on standard input, one on each line.
process_signal() {
    local pid
    # The kill of the shell: not every machine has a program of this name.
    while read -r pid; do
        kill -"$1" "$pid" 2>/dev/null || true
    done
}

# process_end SECONDS LISTER [ARGUMENT]...
# Waits until the command LISTER no longer prints any process; kills what is left after SECONDS.
# Returns 1 when something had to be killed.
process_end() {
    local end=$((SECONDS + $1)) left status=0
    shift
    while left=$("$@") && [ -n "$left" ]; do
        if [ "$SECONDS" -gt "$end" ]; then
            say "killing processes that do not stop by themselves: ${left//$'\n'/ }"
            echo "$left" | process_signal KILL
            end=$((SECONDS + 5))
            status=1
        fi
        sleep 0.05
    done
    return $status
}
