#!/bin/bash
# What gcc's analyzer and cppcheck find in the sources; tidy.t adds clang-tidy, which takes longer.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
read -ra flags <<<"$(make --no-print-directory analysis-flags)"

report "gcc -fanalyzer finds nothing" "$(printf '%s\0' src/*.c src/*/*.c |
    xargs -0 -n 1 -P 2 gcc "${flags[@]}" -O1 -fanalyzer -c -o /dev/null 2>&1 || true)"

# It takes a structure that is only written for one that is read before it was.
report "cppcheck finds nothing" "$(cppcheck --quiet --std=c11 \
    --enable=warning,performance,portability --suppress=ctuuninitvar -D_GNU_SOURCE -Isrc src 2>&1)"

tap_end
