#!/bin/bash
# The programs need the version of the database that the newest migration makes, and the package has
# theirs.
set -eu
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh

needed=$(grep -hoP 'enum \{ STORE_VERSION = \K[0-9]+' src/store/*.h || true)
newest=$(find sql/migrations -name '*.sql' | wc -l)
report "the programs need the newest migration" \
    "$([ "$needed" = "$newest" ] || echo "they need $needed, sql/migrations ends at $newest")"

version=$(sed -n 's/^#define DYNMOD_VERSION "\(.*\)"$/\1/p' src/base/version.h)
packaged=$(sed -n '1s/^dynmod (\(.*\)) .*/\1/p' debian/changelog)
report "the package has the version of the programs" \
    "$([ "$version" = "$packaged" ] || echo "it has $packaged, they have $version")"

tap_end
