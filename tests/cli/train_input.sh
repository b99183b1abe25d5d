#!/usr/bin/env bash
# Texts that cannot be trained on: one line, exit code 1, nothing left behind.
awk -v N=50 -f "$DATA/text.awk" >text.txt
try() { w2b train -q --dim 4 -o model.w2b "$@"; echo "exit $?"; }
try none.txt
try text.txt none.txt
: >empty.txt
try empty.txt
printf ' \n\t\n' >blank.txt
try blank.txt
try .
echo "one two three" >rare.txt
try rare.txt
yes same | head -n 20 >single.txt
try single.txt
head -c 1000 /dev/zero >zeros.txt
try zeros.txt
w2b convert "$DATA/tiny.vec" tiny.w2b -q
try tiny.w2b
gzip -c text.txt | head -c 60 >short.gz
try short.gz
try --vocab none.txt text.txt
echo "cat many" >words.txt
try --vocab words.txt text.txt
ls -A
