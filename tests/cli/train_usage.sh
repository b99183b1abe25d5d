#!/usr/bin/env bash
# Mistakes are found before any work: one line, exit code 2, nothing made.
awk -v N=50 -f "$DATA/text.awk" >text.txt
try() { w2b train text.txt -o model.w2b "$@"; echo "exit $?"; }
try --dim 0
try --dim 1e9
try --dim 65537
try --dim 10.5
try --dim ten
try --dim ''
try --dim
try --threads 0
try --threads 99999
try --bits 9
try --bits 0
try --train-bits 9
try --window 0
try --negative -1
try --epochs 0
try --sample 2
try --sample nan
try --rate -1
try --arch cbaw
try --min-count 0
try --seed 99999999999999999999
try --bytes-per-word 3
try --bytes-per-word 5000
try --bytes-per-word 64 --dim 100
try --bits 2 --bytes-per-word 64
try --isa sse
try --streams 0
try --block 65
try --dmi 100
try --m 5
try --nonsense
try -x
W2B_ISA=sse try
w2b train -o model.w2b; echo "exit $?"
w2b train text.txt; echo "exit $?"
w2b train; echo "exit $?"
ls
