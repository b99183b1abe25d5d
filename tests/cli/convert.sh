#!/usr/bin/env bash
# Every format to every other one and back.
w2b convert "$DATA/tiny.vec" a.w2b 2>&1 | sed 's/file of .*/SIZE/'
w2b convert a.w2b a.bin -q
w2b convert a.bin a.txt -q
cmp a.txt "$DATA/tiny.vec" && echo "back: same"
w2b convert a.txt b.w2b -q
cmp a.w2b b.w2b || w2b neighbors b.w2b king -k 1
w2b convert - - --to word2vec-text -q <a.w2b | cmp - a.txt && echo "pipes: same"
w2b convert a.txt - --to w2b -q | w2b neighbors - king -k 1
gzip -k a.txt; w2b convert a.txt.gz c.bin -q; cmp c.bin a.bin && echo "gzip: same"
echo "--- the first rows"
w2b convert a.bin - --to word2vec-text --limit 2
echo
echo "--- mistakes"
w2b convert a.w2b; echo "exit $?"
w2b convert a.w2b b.w2b c.w2b; echo "exit $?"
w2b convert a.w2b noname; echo "exit $?"
w2b convert a.w2b - ; echo "exit $?"
w2b convert a.w2b a.bin; echo "exit $?"
w2b convert a.w2b b.npy --to numpy; echo "exit $?"
w2b convert none.w2b b.vec; echo "exit $?"
cp "$DATA/text.awk" .; w2b convert text.awk b.vec; echo "exit $?"
printf '2 3\na 1 2 3\nb 1 2\n' >short.vec
w2b convert short.vec b.vec; echo "exit $?"
printf '3 2\na 1 2\nb 1 x\nc 3 4\n' >junk.vec
w2b convert junk.vec b.vec; echo "exit $?"
ls -A
