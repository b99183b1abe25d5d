#!/usr/bin/env bash
# Text of all kinds: without a first line, tables, few levels; packed or not.
# shellcheck disable=SC2153 # DATA comes from the runner
w2b convert "$DATA/tiny.vec" a.glove -q
w2b convert "$DATA/tiny.vec" a.tsv -q
head -n 1 a.glove; head -n 1 a.tsv
for name in a.glove a.tsv; do
    w2b info $name | grep -E '^  (words|dim|format)'
    w2b convert $name - --to word2vec-text -q | cmp - "$DATA/tiny.vec" && echo "$name: same"
done
tr '\t' ',' <a.tsv | sed '1i word,x0,x1,x2,x3,x4,x5' >a.csv
w2b convert a.csv - --to glove -q | cmp - a.glove && echo "commas: same"
for pack in gzip bzip2 xz zstd; do
    $pack -c <a.glove | w2b convert - - --to table -q | cmp - a.tsv && echo "$pack: same"
done
w2b convert a.glove b.tsv --to projector -q
head -n 2 b.meta.tsv; head -n 1 b.tsv
echo "--- spaces in words"
printf '%s\n' '. . . 1 2 3' ', 4 5 6' 'a b@c.d 7 8 9' 'x 0 0 1' 'y 0 1 0' >spaces.txt
w2b vector spaces.txt '. . .' 'a b@c.d'
w2b convert spaces.txt - --to table -q | tr '\t' '|'
w2b convert spaces.txt no.txt; echo "exit $?"
echo "--- few levels stay few"
awk 'BEGIN { print 8, 16
    for (i = 0; i < 8; i++) { printf "w%d", i
        for (k = 0; k < 16; k++) printf " %s0.333333", (i * k + i) % 3 ? "" : "-"
        print "" } }' >levels.txt
w2b convert levels.txt levels.w2b -q
w2b info levels.w2b | grep -E '^  (bits|method)'
w2b convert levels.w2b - --to word2vec-text -q | cmp - levels.txt && echo "same"
w2b quantize levels.txt -o again.w2b --bits 1 --json | grep -o '"squared_error": [0-9.]*'
printf '2 64\nking 1\nqueen 18446744073709551614\n' >signs.txt
w2b convert signs.txt signs.w2b -q
w2b similarity signs.w2b king queen
echo "--- fewer words than promised"
printf '5 2\na 1 2\nb 3 4\n' >less.vec
w2b convert less.vec less.txt; echo "exit $?"
w2b convert less.vec - --to word2vec-text --partial -q; echo "exit $?"
echo "--- what is lost"
awk -v N=300 -f "$DATA/text.awk" | w2b train - -o trained.w2b --dim 8 --epochs 1 -q
w2b convert trained.w2b trained.txt 2>&1 | sed 's/:.*file of.*/: SIZE/'
w2b convert trained.w2b kept.w2b 2>&1 | sed 's/:.*file of.*/: SIZE/'
echo "--- mistakes name the line"
printf 'a 1 2\nb 3 4\nc 5\n' >short.glove
w2b convert short.glove x.txt; echo "exit $?"
printf 'word\tx\ty\na\t1\t2\nb\t3\t4\nc\t5\tz\n' >junk.tsv
w2b convert junk.tsv x.txt; echo "exit $?"
w2b convert a.glove - --to projector; echo "exit $?"
ls -A
