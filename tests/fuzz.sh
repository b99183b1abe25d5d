#!/usr/bin/env bash
# The targets of tests/fuzz with small inputs of every kind, what once was a
# finding, and thousands of random changes of these; `make fuzz` looks further.
set -u
cd "$(dirname "$0")/.." || exit 1

build=${W2B_BUILD:-.build}/current/tests/fuzz
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
seed=${W2B_TEST_SEED:-20180315}
times=${FUZZ_TIMES:-4000}
passed=0 failed=0
tests/fuzz/seeds.sh "$tmp/inputs" || exit 1
export OMP_NUM_THREADS=1
for inputs in "$tmp/inputs"/*; do
    name=${inputs##*/}
    if "$build/fuzz_${name%%-*}" -n "$times" -s "$seed" "$inputs"/* >"$tmp/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name -n $times -s $seed"
        head -n 50 "$tmp/log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
