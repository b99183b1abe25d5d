#!/usr/bin/env bash
# Formats that hold numbers in a table and words elsewhere, and finalfusion's.
w2b convert "$DATA/tiny.vec" a.npy 2>&1 | sed 's/file of .*/SIZE/'
w2b convert a.npy b.safetensors -q
w2b convert b.safetensors folder/ -q
w2b convert folder b.txt -q -l 14
cmp b.txt "$DATA/tiny.vec" && echo "back: same"
w2b convert a.npy a.fifu -q
w2b convert a.fifu c.npy -q
w2b neighbors a.npy king -k 2
w2b neighbors c.npy king -k 2
ls folder
for file in a.npy b.safetensors folder a.fifu; do w2b info "$file" | grep format; done
echo "--- words elsewhere"
w2b convert a.npy d.npy --words-to d.words -q
w2b neighbors d.npy king; echo "exit $?"
w2b convert d.npy e.npy --vocab d.words -q && cmp a.npy e.npy && cmp a.vocab.txt e.vocab.txt
w2b convert - - --vocab folder/tokenizer.json --to word2vec-text -q -l 1 <folder/model.safetensors
w2b convert a.npy - --to npy --words-to f.words -q | cmp - a.npy
w2b quantize d.npy -o d.w2b --vocab d.words --bits 8 --method gauss -q
w2b neighbors d.w2b king -k 1
echo "--- mistakes"
w2b convert a.npy c.npy; echo "exit $?"
w2b convert a.npy folder/; echo "exit $?"
w2b convert a.npy g.npy --words-to d.words; echo "exit $?"
w2b convert a.npy - --to npy | wc -c
w2b convert a.npy g.npy --vocab none; echo "exit $?"
head -c 300 a.npy >cut.npy; cp a.vocab.txt cut.vocab.txt
w2b convert cut.npy g.npy; echo "exit $?"
head -c 300 a.fifu >cut.fifu
w2b convert cut.fifu g.npy; echo "exit $?"
w2b convert a.npy g.npy --to fasttext; echo "exit $?"
ls -A
