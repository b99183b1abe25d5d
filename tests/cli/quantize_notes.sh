#!/usr/bin/env bash
# What quantize says of choices that hurt, and of the choice it makes itself.
vectors()
{
    awk -v n="$1" -v d="$2" 'BEGIN { s = 7; print n, d; for (i = 0; i < n; i++) { printf "w%d", i
        for (j = 0; j < d; j++) printf " %d", (s = (s * 25173 + 13849) % 65536) / 64 - 512
        print "" } }'
}
quantize() { echo "--- ${*##*/}"; w2b quantize "$@" -f 2>&1 | grep -E '^(note|method|bytes)'; }
quantize "$DATA/tiny.vec" -o one.w2b --bits 1 --method gauss
quantize "$DATA/tiny.vec" -o eight.w2b --bits 8
quantize eight.w2b -o two.w2b --bits 2 --method gauss
quantize eight.w2b -o same.w2b --bits 8
quantize one.w2b -o wide.w2b --bits 4 --method gauss
quantize "$DATA/tiny.vec" -o pq.w2b --bits 4 --method pq
quantize "$DATA/tiny.vec" -o t.w2b --bits 4 --method transform
vectors 600 48 >many.vec
quantize many.vec -o many.w2b --bits 1 --method gauss
quantize many.vec -o some.w2b --bits 4
echo "--- auto"
w2b quantize many.vec -o auto.w2b --bits 3 --method auto --json -q 2>&1 | python3 -c '
import json, sys
cost = json.load(sys.stdin)
trials = cost["trials"]
errors = {t["method"]: t["squared_error"] for t in trials["methods"]}
print(trials["rows"], *sorted(errors))
print(errors[cost["method"]] <= min(errors.values()) * 1.0102)'
exit 0
