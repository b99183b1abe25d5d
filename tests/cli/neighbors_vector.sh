#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
echo "--- named vectors, from a pipe"
w2b vector m.w2b king Paris | w2b neighbors m.w2b --vector - -k 2
echo "--- plain ones, from a file"
w2b vector m.w2b king | cut -d ' ' -f 2- >v.txt
w2b neighbors m.w2b --vector v.txt -k 1
w2b neighbors m.w2b --vector v.txt -k 1 --json
echo "--- the mean of a text"
w2b mean m.w2b king woman | w2b neighbors m.w2b --vector - -k 1
echo "--- lines that are no vectors; the others are answered"
printf '1 2\n\n1 2 x 4 5 6\n1 0 0 0 0 1e39\n1 0 0 0 0 0\n' | w2b neighbors m.w2b --vector - -k 1
echo "exit $?"
w2b neighbors m.w2b --vector none.txt; echo "exit $?"
w2b neighbors m.w2b king --vector v.txt; echo "exit $?"
echo "--- answers come line by line"
mkfifo questions answers
w2b neighbors m.w2b -k 1 <questions >answers &
exec 3>questions 4<answers
for word in king Paris; do
    echo "$word" >&3
    read -r -t 60 answer <&4 && echo "$answer"
done
exec 3>&-
wait
