#!/usr/bin/env bash
# Commands with files in which one bit is wrong; see fault/flip.py.
set -u
cd "$(dirname "$0")/.." || exit 1

[ $# -gt 0 ] || set -- --times 600
exec tests/fault/flip.py "$@"
