#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
echo "--- the vector"
w2b vector m.w2b king woman
w2b mean m.w2b king woman
w2b mean m.w2b "king  woman "
w2b mean m.w2b king king woman nowhere --json
echo "--- neighbours"
w2b mean m.w2b king woman --neighbors -k 2
w2b mean m.w2b king woman -n -k 2 --prefix q --json
echo "--- lines"
printf 'king woman\n\nnothing of this\nParis\r\n' | w2b mean m.w2b; echo "exit $?"
printf 'king woman\nParis here\n' | w2b mean m.w2b -n -k 1; echo "exit $?"
echo "--- usage"
w2b mean; echo "exit $?"
