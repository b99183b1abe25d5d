#!/usr/bin/env bash
# Processes side by side, at the same file: the output is that of one of them,
# readers see the old file or the new one; and any number of threads.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/expect.bash

w2b=$(realpath "${W2B:-./w2b}") || exit 1
export OMP_WAIT_POLICY=passive
unset OMP_NUM_THREADS
rounds=${RACE_ROUNDS:-8}
awk 'BEGIN { print "2000 50"; for (i = 0; i < 2000; i++) { printf "w%d", i
    for (j = 0; j < 50; j++) printf " %d", (s = (s * 1103 + 12345) % 65536) / 64 - 512
    print "" } }' >"$tmp/v.vec"
awk -v N=1500 -f tests/cli/data/text.awk >"$tmp/text"
"$w2b" quantize "$tmp/v.vec" -o "$tmp/two.w2b" --bits 2 --method gauss -q
"$w2b" quantize "$tmp/v.vec" -o "$tmp/eight.w2b" --bits 8 --method gauss -q
mkdir "$tmp/out"
out=$tmp/out/m.w2b

is_either() { cmp -s "$out" "$tmp/two.w2b" || cmp -s "$out" "$tmp/eight.w2b"; }
alone() { [ "$(ls -A "$tmp/out")" = m.w2b ]; }

# Both may replace the file: both succeed, and one of them was last.
both_replace()
{
    "$w2b" quantize "$tmp/v.vec" -o "$out" --bits 2 --method gauss -q -f &
    local first=$!
    "$w2b" quantize "$tmp/v.vec" -o "$out" --bits 8 --method gauss -q -f && wait $first &&
        is_either && alone
}

# Neither may: one of them succeeds.
one_makes()
{
    rm -f "$out"
    "$w2b" quantize "$tmp/v.vec" -o "$out" --bits 2 --method gauss -q &
    local first=$! done=0
    "$w2b" quantize "$tmp/v.vec" -o "$out" --bits 8 --method gauss -q && done=$((done + 1))
    wait $first && done=$((done + 1))
    [ $done = 1 ] && is_either && alone
}

# Readers, while two writers take turns.
readers()
{
    local i code=0
    "$w2b" neighbors "$tmp/two.w2b" w7 -k 3 >"$tmp/a"
    "$w2b" neighbors "$tmp/eight.w2b" w7 -k 3 >"$tmp/b"
    for ((i = 0; i < rounds * 3; i++)); do
        "$w2b" convert "$tmp/two.w2b" "$out" -q -f && "$w2b" convert "$tmp/eight.w2b" "$out" -q -f
    done &
    local writer=$!
    while kill -0 $writer 2>/dev/null; do
        "$w2b" neighbors "$out" w7 -k 3 >"$tmp/answer" || code=1
        cmp -s "$tmp/answer" "$tmp/a" || cmp -s "$tmp/answer" "$tmp/b" || code=2
        "$w2b" verify -q "$out" || code=3
    done
    wait $writer && return $code
}

for ((i = 0; i < rounds; i++)); do
    expect "two processes replace a file" both_replace
    expect "two processes make a file" one_makes
done
expect "readers of a file that is replaced" readers

# train NAME THREADS COMMAND...: a model that must be the same as that of one thread.
train()
{
    local name=$1 threads=$2
    shift 2
    "$@" "$w2b" train "$tmp/text" --dim 24 --epochs 2 -q -f -t "$threads" -o "$tmp/$name.w2b"
}
same() { train other "$@" && cmp "$tmp/other.w2b" "$tmp/one.w2b"; }
train one 1 env
for threads in 2 3 7 16 64; do
    expect "$threads threads" same $threads env
done
expect "fewer threads than asked for" same 8 env OMP_THREAD_LIMIT=2
expect "OMP_NUM_THREADS" same 4 env OMP_NUM_THREADS=1
expect "OMP_DYNAMIC" same 16 env OMP_DYNAMIC=true
if command -v taskset >/dev/null 2>&1; then
    expect "one processor" same 4 taskset -c 0
fi
"$w2b" neighbors "$tmp/two.w2b" w7 w8 --threads 1 >"$tmp/a"
answers() { "$w2b" neighbors "$tmp/two.w2b" w7 w8 --threads "$1" | cmp - "$tmp/a"; }
for threads in 2 64; do
    expect "answers of $threads threads" answers $threads
done
finish
