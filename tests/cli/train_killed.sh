#!/usr/bin/env bash
# A signal stops the work, and nothing is left behind.
mkfifo text
(yes the cat sat on the mat; :) >text 2>/dev/null &
w2b train text -q -o model.w2b &
work=$!
sleep 1
kill -TERM $work
wait $work
echo "exit $?"
ls -A
