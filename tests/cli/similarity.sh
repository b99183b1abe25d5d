#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
w2b similarity m.w2b king queen
w2b similarity m.w2b king king
printf 'king queen\nParis\tRome\n' | w2b similarity m.w2b; echo "exit $?"
w2b similarity m.w2b king queen --json
echo "--- mistakes"
w2b similarity m.w2b king quen; echo "exit $?"
printf 'king\nking queen\n' | w2b similarity m.w2b; echo "exit $?"
w2b similarity m.w2b king; echo "exit $?"
w2b similarity m.w2b a b c; echo "exit $?"
