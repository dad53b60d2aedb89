#!/bin/bash
# A site that moves, with the tool and the web programs built for ASan and UBSan.
set -eu
MOVING_BUILD=build/asan exec "$(dirname "$0")/moving.t"
