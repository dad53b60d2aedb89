#!/bin/bash
# Includes go to the same floor or a lower one, without circles, and libraries stay on their floors.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
floor_of() {
    case $1 in
    base/*) echo 0 ;;
    json/* | schema/*) echo 1 ;;
    http/*) echo 2 ;;
    store/*) echo 3 ;;
    connect/*) echo 4 ;;
    host/*) echo 5 ;;
    api/*) echo 6 ;;
    gateway/*) echo 7 ;;
    *) echo 8 ;; # the mains and src/ctl
    esac
}

upward=""
edges=""
while IFS=: read -r file include; do
    file=${file#src/}
    if [ "$(floor_of "$include")" -gt "$(floor_of "$file")" ]; then
        upward+="src/$file includes $include"$'\n'
    fi
    case $file in *.h) edges+="$file $include"$'\n' ;; esac
done < <(grep -rHoP '^#include "\K[^"]+' src --include='*.[ch]')
report "no file includes a higher floor" "${upward%$'\n'}"

circles=$(printf '%s' "$edges" | tsort 2>&1 >/dev/null || true)
report "headers have no circles" "$circles"

# outside FILES-PATTERN HEADER: who includes HEADER but should not
outside() {
    grep -rlE "^#include <$2>" src | grep -vE "$1" || true
}
strays=$(
    outside '^src/store/' 'libpq-fe\.h'
    outside '^src/gateway/' 'fcgiapp\.h'
    outside '^src/connect/token\.c$' 'jwt\.h'
)
report "each library stays on its floor" "$strays"

sql=$(grep -rnE '"(SELECT|INSERT|UPDATE|DELETE|WITH) ' src | grep -v '^src/store/' || true)
report "only the store floor holds SQL" "$sql"

needed=$(grep -oP 'STORE_SCHEMA_VERSION = \K[0-9]+' src/store/store_schema.h)
newest=$(find sql/migrations -name '*.sql' | wc -l)
report "the programs need the newest migration" \
    "$([ "$needed" -eq "$newest" ] || echo "they need $needed, sql/migrations ends at $newest")"

tap_end
