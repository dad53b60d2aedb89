# shellcheck shell=bash
# `make run` for tests, one at a time: in the background, on a state of its own. To be sourced from
# the top directory.

# run_prepare: makes the directory $scratch, and in it $state. As root nobody else may enter them.
run_prepare() {
    scratch=$(mktemp -d)
    state=$scratch/state
    mkdir "$state"
    runner=
}

# run_clean: stops what is running and deletes $scratch.
run_clean() {
    if [ -n "$runner" ]; then
        kill -TERM "$runner" 2>/dev/null || true
        wait "$runner" || true
    fi
    dev/stack.sh delete --state "$state" || true
    rm -rf "$scratch"
}

# run_exec [SETTING]...
# Becomes `make run` on $state, in a process group of its own as a terminal does.
run_exec() {
    exec env -u MAKEFLAGS -u MAKELEVEL --default-signal=INT \
        setsid make run STATE="$state" "$@" >"$scratch/output" 2>&1
}

# run_start [SETTING]...
# Starts it as the process $runner and waits until it is ready and has printed its last line; all
# of them are then in $output. Returns 1 when it does not become ready.
run_start() {
    local turns=600
    : >"$scratch/output"
    run_exec "$@" &
    runner=$!
    until grep -q '^CONNECT_KEYS_CDN_URL=' "$scratch/output"; do
        output=$(cat "$scratch/output")
        if [ $((turns -= 1)) -eq 0 ] || ! kill -0 "$runner" 2>/dev/null; then
            return 1
        fi
        sleep 0.1
    done
    # shellcheck disable=SC2034 # for the test
    output=$(cat "$scratch/output")
}

# run_end SIGNAL [GROUP]
# Sends a signal to make, with "-" as GROUP to its whole group, and waits for its end.
run_end() {
    kill "-$1" -- "${2-}$runner"
    wait "$runner" || true
    runner=
}

# expect TEXT PATTERN...
# Prints which patterns no line of TEXT matches.
expect() {
    local text=$1 pattern
    shift
    for pattern in "$@"; do
        grep -qE -- "$pattern" <<<"$text" || printf 'no line has "%s" in:\n%s\n' "$pattern" "$text"
    done
}
