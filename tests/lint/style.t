#!/bin/bash
# What every source file keeps to: length, width, purpose, no banned function.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
mapfile -t sources < <(find src tests -name node_modules -prune -o -name '*.[ch]' -print | sort)
report "files open with their purpose" "$(for file in "${sources[@]}"; do
    head -n 1 "$file" | grep -qE '^/\* [A-Za-z]' || echo "$file"
done)"

report "lines have at most 100 columns" "$(grep -nHP '^.{101,}' "${sources[@]}" | cut -c1-90 || true)"

report "files in src have at most 400 lines" "$(wc -l src/*.[ch] src/*/*.[ch] |
    awk '$2 != "total" && $1 > 400 {print $2 ": " $1}')"

report "functions in src have at most 60 lines" "$(awk '
    FNR == 1 {start = 0}
    /\) \{$/ && !start {start = FNR}
    /^\}/ {if (start && FNR - start > 60) print FILENAME ":" start; start = 0}' src/*.c src/*/*.c)"

banned='strcpy|strcat|sprintf|vsprintf|atoi|atol|strtok|gets|gmtime|localtime|asctime|ctime|system|popen'
report "no banned function" "$(grep -nHE "(^|[^a-z_])($banned)\(" "${sources[@]}" || true)"

report "unit tests are named by what holds" \
    "$(grep -nE '^static void test_\w*\(void \*\*' tests/unit/*.c || true)"

report "getenv only in the configuration and the CGI gateway" \
    "$(grep -lE '[^_]getenv\(' src/*.c src/*/*.c | grep -vxE 'src/base/config.c|src/gateway/cgi.c' || true)"

report "exit only in the mains" "$(grep -nHE '[^_a-z]exit\(' src/*/*.c || true)"

report "no unfinished mark" "$(git grep -nIE '\b(TO''DO|FIX''ME|XX''X)\b' -- . || true)"

report "shell scripts pass shellcheck" "$(git ls-files -co --exclude-standard | while read -r file; do
    [ -f "$file" ] && head -n 1 "$file" | grep -qE '^#!.*\b(ba)?sh$' && echo "$file"
done | xargs -r shellcheck -x -P SCRIPTDIR 2>&1 | head -40 || true)"

tap_end
