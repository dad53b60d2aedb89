#!/bin/bash
# A site that moves, with the tool and the web programs built for ASan and UBSan.
set -eu
MOVING_BUILD=build/asan MOVING_APPS=40 exec "$(dirname "$0")/moving.t"
