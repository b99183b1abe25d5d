#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q
cd "$DATA" || exit
model=$OLDPWD/m.w2b
# A model's file depends on the library that compressed it.
steady()
{
    sed -E 's/, [0-9.]+ bytes a word//; s/, [0-9.]+ [KiB]+, checksum [0-9a-f]{16}$//
        s/^w2b [0-9.]+:/w2b:/'
}
w2b eval "$model" pairs.txt pairs.csv analogies.txt | steady
echo "--- one set"
w2b eval "$model" pairs.txt | steady
echo "--- as written, by products, the first rows"
w2b eval "$model" pairs.csv analogies.txt --keep-case --mul | steady
w2b eval "$model" pairs.txt analogies.txt --top 7 | steady
echo "--- for programs"
w2b eval "$model" pairs.txt pairs.csv analogies.txt --tsv | cut -f 1-18,22-29
w2b eval "$model" pairs.txt analogies.txt --json |
    sed -E '/"(model|checksum|w2b|bytes|bytes_per_word)"/d'
echo "--- mistakes"
w2b eval "$model"; echo "exit $?"
w2b eval "$model" none.txt; echo "exit $?"
w2b eval "$model" text.awk; echo "exit $?"
w2b eval "$model" pairs.txt --json --tsv; echo "exit $?"
w2b eval none.w2b pairs.txt; echo "exit $?"
