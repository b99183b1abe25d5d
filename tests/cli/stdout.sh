#!/usr/bin/env bash
# Standard output that is full, closed, or a pipe whose reader has gone.
w2b convert "$DATA/tiny.vec" m.w2b -q
w2b version >/dev/full; echo "exit $?"
w2b neighbors m.w2b king >/dev/full; echo "exit $?"
yes king | head -n 100 | w2b vector m.w2b >/dev/full; echo "exit $?"
w2b convert m.w2b - --to word2vec-text -q >/dev/full; echo "exit $?"
w2b convert m.w2b - --to w2b -q >/dev/full; echo "exit $?"
w2b info m.w2b --json >/dev/full; echo "exit $?"
w2b eval m.w2b "$DATA/pairs.txt" >/dev/full; echo "exit $?"
w2b version >&-; echo "exit $?"
w2b verify -q m.w2b >&-; echo "exit $?"
w2b vector m.w2b <&-; echo "exit $?"
w2b convert m.w2b closed.bin >&- 2>&-; echo "exit $?"
cmp closed.bin <(w2b convert m.w2b - --to word2vec-binary -q) && echo "whole"
echo "--- the reader has gone"
gone() { "$@" | true; echo "exit ${PIPESTATUS[0]}"; }
lines() { yes king | head -n 200000 | w2b vector m.w2b; }
gone lines
gone w2b __generate zsh
ls -A
