#!/bin/bash
# The tests of dynmodctl, with the program built for ASan and UBSan.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
CTL_PROGRAM=$here/../../build/asan/dynmodctl exec "$here/ctl.t"
