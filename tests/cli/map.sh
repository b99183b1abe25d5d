#!/usr/bin/env bash
# Maps in their three forms. The browser's view of the page is in tests/map.sh.
w2b map "$DATA/tiny.vec" -o m.html 2>&1 | sed 's/file of .*/SIZE/'
grep -c '<!DOCTYPE html>' m.html
grep '"title"' m.html
grep -m 1 '^"words"' m.html | cut -c 1-40
w2b map "$DATA/tiny.vec" -o t.html -q -t 1 --isa scalar --title tiny
w2b map - -o - --to html --title tiny -t 3 <"$DATA/tiny.vec" | cmp - t.html && echo "threads: same"
w2b map "$DATA/tiny.vec" -o m.html -q -f --seed 2 --title tiny
cmp -s m.html t.html || echo "seed: other"
w2b map "$DATA/tiny.vec" -o m.html -q -f --iterations 0 --title tiny
cmp -s m.html t.html || echo "components: other"
w2b map "$DATA/tiny.vec" -o m.svg -q --words 5
python3 -c 'import xml.dom.minidom as m
print("labels:", len(m.parse("m.svg").getElementsByTagName("text")) > 1)'
echo "--- projector"
w2b map "$DATA/tiny.vec" -o p.tsv -N 3 2>&1 | sed 's/file of .*/SIZE/'
cat p.meta.tsv
awk -F '\t' '{ print NF }' p.tsv | uniq -c
echo "--- mistakes"
w2b map "$DATA/tiny.vec"; echo "exit $?"
w2b map "$DATA/tiny.vec" -o noname; echo "exit $?"
w2b map "$DATA/tiny.vec" -o - --to projector; echo "exit $?"
w2b map "$DATA/tiny.vec" -o m.html; echo "exit $?"
w2b map "$DATA/tiny.vec" -o p2.tsv -q; rm p2.tsv; w2b map "$DATA/tiny.vec" -o p2.tsv; echo "exit $?"
w2b map "$DATA/tiny.vec" -o n.html --words 0; echo "exit $?"
w2b map "$DATA/tiny.vec" -o n.html --perplexity 1; echo "exit $?"
w2b map none.vec -o n.html; echo "exit $?"
ls -A
