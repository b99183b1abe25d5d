#!/usr/bin/env bash
# Processes that end in the middle of their work: a few times here, 200 of each
# by `make kill`; see fault/kill.py.
set -u
cd "$(dirname "$0")/.." || exit 1

[ $# -gt 0 ] || set -- --times 20
exec tests/fault/kill.py "$@"
