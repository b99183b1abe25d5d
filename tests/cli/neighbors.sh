#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
echo "--- one word"
w2b neighbors m.w2b king -k 3
echo "--- several"
w2b neighbors m.w2b king Paris -k 2
echo "--- sums"
w2b neighbors m.w2b king - man + woman -k 1
w2b neighbors m.w2b "king - man + woman" -k 1
w2b neighbors m.w2b "king  -  man woman" -k 1
w2b neighbors m.w2b "0.5*king + 2*Paris" king -k 1
w2b neighbors -k1 m.w2b -- - man + woman king
echo "--- words that look like operators"
w2b neighbors m.w2b + -k 1
w2b neighbors m.w2b c++ -k 1
w2b neighbors m.w2b "c++ + +" -k 1; echo "exit $?"
echo "--- the first rows only, more than there are"
w2b neighbors m.w2b king --max-rank 3
w2b neighbors m.w2b king -k 1M | wc -l
echo "--- lines"
printf 'king\n\nking - man + woman\r\nParis' | w2b neighbors m.w2b -k 1; echo "exit $?"
printf '' | w2b neighbors m.w2b -k 1; echo "exit $?"
echo "--- JSON"
w2b neighbors m.w2b king -k 2 --json
printf 'king\nqueen + boy\n' | w2b neighbors m.w2b -k 1 --json
echo "--- the same from codes"
w2b quantize "$DATA/tiny.vec" -o q.w2b --bits 4 -q
w2b neighbors q.w2b king "king - man + woman" -k 2
