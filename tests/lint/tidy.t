#!/bin/bash
# What clang-tidy finds in the sources, with the checks of .clang-tidy; only `make lint` runs it.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
flags=$(make --no-print-directory analysis-flags)
export flags

# On standard error it counts the warnings that it does not show.
# shellcheck disable=SC2016 # the inner shell expands it
report "clang-tidy finds nothing" "$(printf '%s\0' src/*.c src/*/*.c |
    xargs -0 -n 8 -P 2 sh -c 'clang-tidy --quiet "$@" -- $flags 2>/dev/null' sh || true)"

tap_end
