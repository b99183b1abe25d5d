#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
w2b vector m.w2b king queen
printf 'king\nman woman\n\n' | w2b vector m.w2b
cut -d ' ' -f 1 "$DATA/tiny.vec" | tail -n +2 | w2b vector m.w2b |
    cmp - <(tail -n +2 "$DATA/tiny.vec") && echo "all rows: same"
w2b vector m.w2b king --json
w2b vector m.w2b kingg king; echo "exit $?"
printf '1 4\nx 0.1 1e-20 -3.4028235e+38 16777217\n' >odd.vec
w2b vector odd.vec x
w2b vector odd.vec x --json
w2b vector; echo "exit $?"
