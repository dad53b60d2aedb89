#!/bin/bash
# Runs a command, such as tests, with a directory of its own for temporary files, which is gone
# afterwards, however it ends; fails and names them if the command has left files there.
set -u
if [ $# -eq 0 ]; then
    echo "usage: tests/lib/tidy.sh COMMAND [ARGUMENT]..." >&2
    exit 2
fi
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/dynmod-run.XXXXXX") || exit
chmod 1777 "$TMPDIR" # servers have users of their own
export TMPDIR
trap 'rm -rf --one-file-system "$TMPDIR"' EXIT
trap 'exit 130' INT TERM HUP
"$@"
status=$?
left=$(find "$TMPDIR" -mindepth 1 -printf '%P\n' | head -n 20)
if [ -n "$left" ]; then
    printf 'Temporary files were left:\n%s\n' "$left" >&2
    [ $status -ne 0 ] || status=1
fi
exit $status
