#!/usr/bin/env bash
# System calls and allocations that fail: some at each place here, all of them by
# `make fault`; see fault/sweep.py.
set -u
cd "$(dirname "$0")/.." || exit 1

export W2B_FAULT_LIB="${W2B_FAULT_LIB:-${W2B_BUILD:-.build}/current/tests/fault/fault.so}"
if [ -n "${SAN-}" ] || [ ! -f "$W2B_FAULT_LIB" ]; then
    echo "skip: the library that makes calls fail is for Linux with glibc, without a sanitizer"
    exit 0
fi
exec tests/fault/sweep.py "$@"
