#!/usr/bin/env bash
# The size of codes that zstd has compressed depends on its version.
steady()
{
    sed -E "s|$DATA/||; s/[0-9.]+ bytes a word/N bytes a word/; /bytes_per_word/d"
}
w2b convert "$DATA/tiny.vec" a.w2b -q
w2b quantize "$DATA/tiny.vec" -o b.w2b --bits 2 --method gauss -q
w2b quantize "$DATA/tiny.vec" -o c.w2b --bits 4 --method gauss --limit 8 -q
w2b compare a.w2b b.w2b | steady
echo "--- with test sets"
w2b compare a.w2b b.w2b "$DATA/pairs.txt" "$DATA/analogies.txt" -k 3 | tail -n 5
echo "--- other words, another number of them"
w2b compare c.w2b "$DATA/tiny.vec" | steady
w2b compare a.w2b b.w2b --top 5 -k 2 | steady | grep -E 'words|neighbours'
sed -E 's/ [^ ]+$//; 1s/.*/14 5/' "$DATA/tiny.vec" >short.vec
w2b compare a.w2b short.vec --resamples 0 | steady
echo "--- for programs"
w2b compare a.w2b b.w2b "$DATA/pairs.txt" --tsv | steady
w2b compare a.w2b b.w2b "$DATA/pairs.txt" --json | steady
for threads in 1 2; do
    w2b compare a.w2b b.w2b --threads $threads --json | cksum >sum$threads
done
cmp sum1 sum2 && echo "threads: same bytes"
echo "--- mistakes"
w2b compare a.w2b; echo "exit $?"
w2b compare a.w2b none.w2b; echo "exit $?"
w2b compare a.w2b b.w2b none.txt; echo "exit $?"
w2b compare a.w2b b.w2b --json --tsv; echo "exit $?"
printf '1 4\nxyzzy 1 2 3 4\n' >other.vec
w2b compare a.w2b other.vec; echo "exit $?"
