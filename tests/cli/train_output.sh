#!/usr/bin/env bash
# The output is looked at first; one that exists is kept unless -f.
awk -v N=50 -f "$DATA/text.awk" >text.txt
try() { w2b train text.txt -q --dim 4 --epochs 1 --bits 8 "$@"; echo "exit $?"; }
echo precious >kept.w2b
try -o kept.w2b
cat kept.w2b
try -o missing/model.w2b
try -o text.txt/model.w2b
mkdir folder
try -o folder
try -o folder/
try -o ''
echo "--- a text that fails leaves the old file alone, even with -f"
w2b train none.txt -f -o kept.w2b; echo "exit $?"
cat kept.w2b
echo "--- with -f it is replaced"
try -f -o kept.w2b
w2b verify kept.w2b
echo "--- pipes and devices"
try -o /dev/null
w2b train text.txt -q --dim 4 --epochs 1 --bits 8 -o - | cmp - kept.w2b && echo "pipe: same"
try -o /dev/full
ls -A . folder
