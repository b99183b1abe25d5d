#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" a.w2b -q
w2b quantize a.w2b -o b.w2b --bits 1 -q
mkdir lists lists/more
printf 'man\tnobody/woman\nking\tqueen/girl\nboy\tgirl\n' >lists/E01.txt
printf 'Paris\tFrance\nRome\tItaly\n' >lists/more/I02.txt
printf 'About these lists.\n' >lists/README.txt
printf ',category,word\n0,people,king\n1,people,queen\n2,people,boy\n3,places,France\n' >groups.csv
printf '4,places,Italy\n5,places,\n6,places,unicorn\n' >>groups.csv
printf 'king\nqueen\nman\n\nParis\nthe\n' >clusters.txt
printf 'king queen *Rome boy\n' >marked.txt

# A model's file depends on the library that compressed it.
steady()
{
    sed -E 's/, [0-9.]+ bytes a word//; s/, [0-9.]+ [KiB]+, checksum [0-9a-f]{16}$//
        s/^w2b [0-9.]+:/w2b:/'
}

w2b eval a.w2b lists groups.csv clusters.txt marked.txt | steady
echo "--- two models"
w2b eval a.w2b b.w2b "$DATA/pairs.txt" "$DATA/analogies.txt" lists groups.csv --seed 7 | steady
w2b eval a.w2b b.w2b "$DATA/pairs.txt" marked.txt --tsv | cut -f 2-18
w2b eval a.w2b b.w2b "$DATA/pairs.txt" --json --resamples 0 |
    grep -E '"(seed|resamples|difference|significant|common|model)"'
echo "--- the same with other threads"
w2b eval a.w2b groups.csv lists -t 1 >one
w2b eval a.w2b groups.csv lists -t 3 | cmp - one && echo same
echo "--- a picture"
w2b eval a.w2b b.w2b "$DATA/pairs.txt" groups.csv --plot out.svg >/dev/null; echo "exit $?"
python3 -c 'from xml.dom.minidom import parse
print(len(parse("out.svg").getElementsByTagName("circle")), "points")'
grep -c 'prefers-color-scheme: dark' out.svg
w2b eval a.w2b "$DATA/pairs.txt" --plot out.svg; echo "exit $?"
w2b eval a.w2b "$DATA/pairs.txt" --plot none/out.svg; echo "exit $?"
echo "--- mistakes"
w2b eval a.w2b b.w2b; echo "exit $?"
w2b eval a.w2b marked.txt b.w2b; echo "exit $?"
printf 'a b 1\n' >lists/bad.txt
w2b eval a.w2b lists; echo "exit $?"
