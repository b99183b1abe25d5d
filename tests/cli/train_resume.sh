#!/usr/bin/env bash
# Runs that are stopped or killed and go on; what is told on the way.
awk -v N=300 -f "$DATA/text.awk" >text.txt
awk -v N=500 -f "$DATA/text.awk" | sed 's/dog/wolf/' >more.txt
options=(--dim 16 --train-dim 32 --bits 2 --sample 0 --threads 2)
state=(--checkpoint run.state --every 0.0003)
# until_there FILE: waits for a file; not for ever.
until_there() { for ((i = 0; i < 3000; i++)); do [ -s "$1" ] && return; sleep 0.02; done; }
echo "--- a signal: exit code 4, and a state to go on from"
w2b train text.txt -o never.w2b "${options[@]}" --epochs 100000 "${state[@]}" 2>said &
until_there run.state
kill -TERM $!; wait $!; echo "exit $?"
cat said; ls
w2b train text.txt -q -o never.w2b "${options[@]}" --epochs 100000 "${state[@]}"; echo "exit $?"
w2b train text.txt -q -o never.w2b "${options[@]}" "${state[@]}" --resume; echo "exit $?"
rm run.state
echo "--- killed at any moment, and gone on with: the same bytes"
w2b train text.txt -q -o whole.w2b "${options[@]}" --epochs 60 --log whole.log
for delay in 0.04 0.08 0.12 0.2; do
    w2b train text.txt -q -o model.w2b "${options[@]}" --epochs 60 "${state[@]}" --resume -f \
        --log run.log &
    sleep $delay
    kill -KILL $! 2>/dev/null; wait $! 2>/dev/null
done
w2b train text.txt -q -o model.w2b "${options[@]}" --epochs 60 "${state[@]}" --resume -f \
    --log run.log
echo "exit $?"
cmp whole.w2b model.w2b && echo "same bytes"
python3 - <<'END'
import json
rows = {name: [json.loads(line) for line in open(name + ".log")] for name in ("whole", "run")}
losses = {name: {row["epoch"]: row["loss"] for row in some if row["event"] == "epoch"}
          for name, some in rows.items()}
print(len(losses["whole"]), "epochs;", sorted(rows["whole"][0]))
shared = set(losses["whole"]) & set(losses["run"])
print("same losses:", all(losses["whole"][e] == losses["run"][e] for e in shared), 60 in shared)
END
echo "--- an update with new text and new words"
w2b train more.txt -q -o newer.w2b --update model.w2b --epochs 1; echo "exit $?"
w2b train more.txt -q -o exact.w2b --update run.state --epochs 1; echo "exit $?"
w2b train text.txt -q -o wide.w2b --train-dim 256 --epochs 1 --checkpoint wide.state
w2b train more.txt -q -o wider.w2b --update wide.state --epochs 1; echo "exit $?"
w2b train more.txt -q -o bad.w2b --update model.w2b --epochs 1 --dim 20; echo "exit $?"
for model in model newer exact wider; do
    w2b info --json $model.w2b | grep -E '"(words|dim)"' | head -2
done
w2b vector newer.w2b wolf | wc -w
echo "--- what it would take"
w2b train text.txt --dry-run --dim 16 --checkpoint new.state | sed -E 's/ +[0-9.]+ .?i?B/ SIZE/'
w2b train text.txt --dry-run --json --dim 16 | python3 -c '
import json, sys
plan = json.load(sys.stdin)
print(plan["words"], plan["memory"]["matrices"], plan["memory"]["total"] > 0, sorted(plan))'
echo "--- mistakes"
try() { w2b train text.txt -q -o out.w2b "$@"; echo "exit $?"; }
try --resume
try --checkpoint -
try --checkpoint out.w2b
try --checkpoint missing/run.state
try --json
try --every -1
try --checkpoint text.txt --resume
try --update text.txt
try --log run.log
try --log -
[ -e out.w2b ] || echo "no output"
