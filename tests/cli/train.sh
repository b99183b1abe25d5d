#!/usr/bin/env bash
# Training end to end; the bytes depend on the text and the options alone.
awk -v N=300 -f "$DATA/text.awk" >text.txt
options=(--dim 16 --epochs 2 --bits 2 --sample 0)
w2b train text.txt -o a.w2b "${options[@]}" 2>summary; echo "exit $?"
sed -E 's/[0-9]+\.[0-9]+ s[,;]/TIME,/; s/ [0-9.]+[KMG]? words\/s/ SPEED/; s/loss .*/LOSS/;
    s/file of .*/SIZE/' summary
w2b verify a.w2b
w2b info --json a.w2b | python3 -c '
import json, sys
info = json.load(sys.stdin)
print(*(info[k] for k in "words dim bits method format".split()))
print(info["metadata"]["dim"], sorted(info["sizes"]))'
same() { cmp "$1" a.w2b && echo "$1: same bytes"; }
w2b train text.txt -q -o threads.w2b "${options[@]}" --threads 1; same threads.w2b
w2b train text.txt -q -o scalar.w2b "${options[@]}" --isa scalar; same scalar.w2b
w2b train - -q -o pipe.w2b "${options[@]}" <text.txt; same pipe.w2b
gzip -k text.txt; w2b train text.txt.gz -q -o gz.w2b "${options[@]}"; same gz.w2b
w2b train --quiet --output=long.w2b --dim=16 --epochs=2 --bits=2 --sample=0 -- text.txt
same long.w2b
w2b train text.txt -q -o seed.w2b "${options[@]}" --seed 2
cmp -s seed.w2b a.w2b || echo "seed: differs"
w2b vocab text.txt -q -o words.txt
w2b train text.txt -q -o vocab.w2b "${options[@]}" --vocab words.txt
for word in the cat tree; do
    w2b vector a.w2b $word >one; w2b vector vocab.w2b $word | cmp - one && echo "$word: same"
done
echo "--- bits and budgets"
for budget in 8 64; do
    w2b train text.txt -q -o budget.w2b -f --epochs 1 --bytes-per-word $budget
    w2b info budget.w2b --json | python3 -c "
import json, sys
print('at most $budget bytes:', json.load(sys.stdin)['bytes_per_word'] <= $budget)"
done
w2b train text.txt -q -o budget.w2b -f --epochs 1 --bytes-per-word 8 --train-dim 24
w2b info budget.w2b --json | python3 -c "
import json, sys
print('trained in', json.load(sys.stdin)['metadata']['train_dim'], 'numbers')"
for bits in 1 3 8 16 32; do
    w2b train text.txt -q -o bits.w2b -f --dim 9 --epochs 1 --bits $bits --arch skipgram
    w2b verify bits.w2b
    w2b info bits.w2b | grep -E '^  bits'
done
ls -A
