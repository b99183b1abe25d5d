#!/usr/bin/env bash
w2b quantize "$DATA/tiny.vec" -o m.w2b --bits 8 -q
w2b verify m.w2b
w2b verify -q m.w2b; echo "exit $?"
# One byte that is another, at several places; a file that ends too soon.
size=$(wc -c <m.w2b)
for at in 0 9 70 $((size / 2)) $((size - 1)); do
    cp m.w2b bad.w2b
    byte=$(od -An -tu1 -j "$at" -N 1 m.w2b)
    printf '%b' "\\x$(printf %02x $((byte ^ 1)))" |
        dd of=bad.w2b bs=1 seek="$at" conv=notrunc status=none
    w2b verify bad.w2b 2>err; echo "byte changed: exit $?, $(wc -l <err) line, $(cut -c 1-13 err)"
done
head -c 100 m.w2b >short.w2b
w2b verify short.w2b 2>err; echo "cut: exit $?, $(wc -l <err) line"
: >empty.w2b
w2b verify m.w2b empty.w2b none.w2b m.w2b; echo "exit $?"
cp "$DATA/tiny.vec" .; w2b verify tiny.vec; echo "exit $?"
w2b verify; echo "exit $?"
