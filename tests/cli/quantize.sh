#!/usr/bin/env bash
w2b quantize "$DATA/tiny.vec" -o eight.w2b --bits 8 2>summary; echo "exit $?"
sed -E 's/file of .*/SIZE/' summary
w2b verify eight.w2b
w2b neighbors eight.w2b king -k 2
w2b quantize "$DATA/tiny.vec" -o one.w2b --bits=1 2>&1 | sed -E 's/file of .*/SIZE/'
w2b info one.w2b | grep -E 'words|dim|bits|bytes a word' | head -n 4
w2b quantize "$DATA/tiny.vec" -o two.w2b --bits 2 --method uniform --limit 5 --json | python3 -c '
import json, sys
cost = json.load(sys.stdin)
print(*sorted(cost))
print(cost["words"], cost["bits"], cost["method"], 0 < cost["squared_error"] < 1)'
w2b quantize two.w2b -o - --bits 16 -q | w2b info - | grep -E '^  (words|bits) '
for threads in 1 2; do
    w2b quantize "$DATA/tiny.vec" -q -o - --bits 3 --threads $threads | cksum >sum$threads
done
cmp sum1 sum2 && echo "threads: same bytes"
echo "--- mistakes"
w2b quantize "$DATA/tiny.vec"; echo "exit $?"
w2b quantize -o x.w2b; echo "exit $?"
w2b quantize "$DATA/tiny.vec" -o one.w2b; echo "exit $?"
w2b quantize "$DATA/tiny.vec" -o x.w2b --bits 9; echo "exit $?"
w2b quantize "$DATA/tiny.vec" -o x.w2b --method best; echo "exit $?"
w2b quantize "$DATA/tiny.vec" -o - --json; echo "exit $?"
w2b quantize none.vec -o x.w2b; echo "exit $?"
ls -A
