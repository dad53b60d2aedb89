#!/bin/bash
# The tests of undo by dynmodctl, with the programs built for ASan and UBSan.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
CTL_PROGRAM=$here/../../build/asan/dynmodctl exec "$here/undo.t"
