#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
echo "--- arguments"
w2b odd m.w2b king man Paris boy
w2b odd m.w2b king man Paris boy --json
echo "--- lines"
printf 'king man Paris boy\n\nParis\tRome\tqueen\r\n' | w2b odd m.w2b; echo "exit $?"
printf 'king man\nParis Rome queeen\nParis Rome queen\n' | w2b odd m.w2b --json; echo "exit $?"
echo "--- the same word three times"
w2b odd m.w2b king king king
echo "--- usage"
w2b odd m.w2b king man; echo "exit $?"
w2b odd; echo "exit $?"
w2b odd none.w2b a b c; echo "exit $?"
