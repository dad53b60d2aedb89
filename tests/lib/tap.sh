# shellcheck shell=bash
# Test results in TAP for tests written in bash. To be sourced.

# Lengths of lines are counted in characters, also where the caller's locale knows only bytes.
export LC_ALL=C.UTF-8

tap_count=0

# report NAME PROBLEMS: a test that passes when PROBLEMS is empty.
report() {
    tap_count=$((tap_count + 1))
    if [ -z "$2" ]; then
        echo "ok $tap_count - $1"
    else
        echo "not ok $tap_count - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
    fi
}

# The plan, after the last test.
tap_end() {
    echo "1..$tap_count"
}
