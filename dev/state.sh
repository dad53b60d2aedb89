# shellcheck shell=bash
# Where a stack keeps its files: the state directory of the starter, and in it the files and sockets
# that the users of the servers must be able to reach. To be sourced after process.sh.

# The default state directory.
state_default() {
    if [ "$(id -u)" -eq 0 ]; then
        echo /var/lib/dynmod-dev/default
    else
        echo "${XDG_STATE_HOME:-$HOME/.local/state}/dynmod"
    fi
}

# state_find STATE
# Creates the state directory if it is missing and sets STATE to its path.
state_find() {
    case $1 in
    *[\"\'\\\$\&\|[:cntrl:]]*) fail "STATE may not contain quotes, \\, \$, &, | or line breaks" ;;
    esac
    mkdir -p -- "$1" || fail "cannot create the state directory $1"
    STATE=$(cd -- "$1" && pwd -P)
}

# Waits until nobody else is starting or stopping anything in the state directory, and makes others
# wait until this script ends.
state_lock() {
    exec 8>"$STATE/lock"
    flock --wait 120 8 || fail "someone else is starting or stopping the stack in $STATE"
}

# Creates what is missing in the state directory and sets
#   FILES  the directory for everything that the servers need
#   RUN    the directory for sockets and process ids; short enough for a socket's path
state_open() {
    [ -d "$STATE/files" ] || state_place_files
    FILES=$(readlink -f -- "$STATE/files")
    state_reachable "$FILES" || fail "$(web_user) or $(postgres_user) may not enter $FILES"
    [ -d "$FILES/run" ] || state_place_sockets
    RUN=$(readlink -f -- "$FILES/run")
}

# Whether the users of the servers may enter a directory.
state_reachable() {
    as_user "$(web_user)" test -x "$1" && as_user "$(postgres_user)" test -x "$1"
}

# Makes $STATE/files: a directory or, where the servers cannot reach that, a link to one they can.
state_place_files() {
    local place=$STATE/files
    rm -f -- "$place"
    if ! state_reachable "$STATE"; then
        place=/var/lib/dynmod-dev/$(printf %s "$STATE" | sha256sum | cut -c 1-16)
        # Left by a deleted state directory of this name.
        [ -z "$(process_recorded "$place/postgres/data/postmaster.pid" "$place")" ] ||
            fail "a stack is still running in $place, although $STATE was deleted"
        rm -rf -- "$place"
        install -d -m 0755 /var/lib/dynmod-dev
        ln -s -- "$place" "$STATE/files"
    fi
    install -d -m 0755 -- "$place"
}

# Makes $FILES/run: a directory or, where its path is unsuitable for sockets, a link to a short one.
state_place_sockets() {
    local short
    rm -f -- "$FILES/run"
    # The path of a socket is limited to about 100 bytes, and the servers' own names take up to 40.
    if [ ${#FILES} -le 56 ] && [ -z "${FILES//[A-Za-z0-9.\/_-]/}" ]; then
        install -d -m 0755 -- "$FILES/run"
    else
        short=$(mktemp -d /tmp/dynmod.XXXXXX)
        chmod 0755 "$short"
        ln -s -- "$short" "$FILES/run"
    fi
}

# Removes the directory for sockets once nothing is running any more.
state_close() {
    rm -rf -- "$RUN" "$FILES/run"
}

# Deletes the state directory and everything that belongs to it.
state_delete() {
    state_close
    rm -rf -- "$FILES" "$STATE"
}
