#!/usr/bin/env bash
# Vectors whose numbers hang together, frequent words being longer.
awk 'function draw() { x = (x * 16807) % 2147483647; return x / 1073741824 - 1 }
BEGIN {
    x = 12345
    print 700, 24
    for (r = 0; r < 700; r++) {
        line = "w" r
        for (k = 0; k < 4; k++) f[k] = draw()
        for (i = 0; i < 24; i++) {
            number = draw() / 4
            for (k = 0; k < 4; k++) number += f[k] * ((i * (k + 3)) % 7 - 3)
            line = line sprintf(" %.5f", number * 9 / (9 + r / 50))
        }
        print line
    }
}' >v.vec
for bits in 1 3 6; do
    w2b quantize v.vec -o t$bits.w2b --method transform --bits $bits --json |
        grep -E '"(method|bits)"'
    w2b verify t$bits.w2b
    # What another reader makes of the file, from its description alone.
    if "$DATA/../../w2b_reader.py" t$bits.w2b >/dev/null; then
        paste -d ' ' <("$DATA/../../w2b_reader.py" --vectors t$bits.w2b) \
            <(w2b convert t$bits.w2b - --to word2vec-text -q | tail -n +2) |
            awk '{ for (i = 2; i <= 25; i++) { d = $i - $(i + 25); s += d * d } }
                END { print NR, s < 1e-6 ? "vectors are the same" : "vectors differ: " s }'
    fi
done
w2b compare v.vec t6.w2b --json | python3 -c '
import json, sys
kept = json.load(sys.stdin)
print(kept["common"], kept["squared_error"] < 2e-4, kept["neighbors"]["overlap"] > 0.95)'
for threads in 1 2; do
    w2b quantize v.vec -q -o - --method transform --bits 2 --threads $threads | cksum >sum$threads
done
cmp sum1 sum2 && echo "threads: same bytes"
echo "--- the rows as they are, and fewer of them"
w2b quantize t3.w2b -o again.w2b --method transform --bits 3 -q
w2b vector again.w2b w0 w123 w699 | cmp - <(w2b vector t3.w2b w0 w123 w699) && echo same
w2b convert t3.w2b less.w2b --limit 300 -q
w2b verify less.w2b
w2b vector less.w2b w7 w299 | cmp - <(w2b vector t3.w2b w7 w299) && echo same
w2b neighbors t6.w2b w5 -k 3 | cut -f1
w2b neighbors v.vec w5 -k 3 | cut -f1
echo "--- damage"
size=$(stat -c %s t3.w2b)
cp t3.w2b bad.w2b
printf '\xff' | dd of=bad.w2b bs=1 seek=$((size - 900)) conv=notrunc status=none
w2b verify bad.w2b 2>&1 | sed -E 's/[0-9]+/N/g'
