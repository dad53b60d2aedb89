#!/bin/bash
# Each fuzzer for a few seconds on its corpus; SECONDS_EACH sets how many.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh

fuzzers=(tests/fuzz/fuzz_*.c)
seconds=${SECONDS_EACH:-20}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for source in "${fuzzers[@]}"; do
    name=$(basename "$source" .c)
    mkdir "$scratch/$name"
    problem=""
    words=()
    if [ -e "tests/fuzz/${name#fuzz_}.dict" ]; then
        words=(-dict="tests/fuzz/${name#fuzz_}.dict")
    fi
    # What it finds goes into the first folder, so that the corpus stays small.
    build/fuzz/"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$scratch/" "${words[@]}" "$scratch/$name" "tests/fuzz/corpus/${name#fuzz_}" \
        >"$scratch/log" 2>&1 || problem=$(tail -n 40 "$scratch/log"; base64 "$scratch"/{crash,timeout,oom}-* 2>/dev/null || true)
    echo "# $name: $(grep -o 'number_of_executed_units: .*' "$scratch/log" || true)"
    report "$name finds nothing in $seconds seconds" "$problem"
done
tap_end
