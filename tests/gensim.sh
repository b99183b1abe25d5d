#!/usr/bin/env bash
# Scores of float vectors next to gensim's on the same vectors, under the same
# rules: equal to four digits. Skipped where gensim or the public test sets are not
# there.
set -u
cd "$(dirname "$0")/.." || exit 1
export PYTHONDONTWRITEBYTECODE=1 OMP_WAIT_POLICY=passive
data=${W2B_SHARED:-../shared}/data

if [ -n "${SAN-}" ]; then
    echo "skip: with sanitizers"
    exit 0
fi
python=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import gensim' 2>/dev/null; then python=$candidate && break; fi
done
if [ -z "$python" ]; then
    echo "skip: gensim is not installed"
    exit 0
fi
if [ ! -e "$data/eval/questions-words.txt" ] || [ ! -e "$data/wiki17m.txt.zst" ]; then
    echo "skip: $data/eval is not there"
    exit 0
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
w2b=${W2B:-./w2b}
sets=()
for name in EN-WS-353-ALL EN-MEN-TR-3k EN-SIMLEX-999 questions-words; do
    sets+=("$data/eval/$name.txt")
done

zstd -dc "$data/wiki17m.txt.zst" 2>/dev/null | head -c 8000000 >"$tmp/text"
"$w2b" train "$tmp/text" -o "$tmp/model.w2b" --dim 48 --epochs 2 --train-bits 1 --bits 32 -q &&
    "$w2b" convert "$tmp/model.w2b" "$tmp/model.bin" -q &&
    "$w2b" eval "$tmp/model.w2b" "${sets[@]}" --json >"$tmp/scores.json" || exit 1

"$python" - "$tmp" "${sets[@]}" <<'PY'
import json
import os
import sys

from gensim.models import KeyedVectors

tmp, sets = sys.argv[1], sys.argv[2:]
model = KeyedVectors.load_word2vec_format(os.path.join(tmp, "model.bin"), binary=True)
ours = json.load(open(os.path.join(tmp, "scores.json")))["sets"]
failed = 0


def check(name, what, a, b):
    """Says so if two figures differ in their fourth digit."""
    global failed
    if not abs(a - b) < 5e-5:
        print(f"{name}: {what}: {a:.6f} here, {b:.6f} by gensim")
        failed = 1


for path, scores in zip(sets, ours):
    name = os.path.basename(path)
    if scores["kind"] == "analogy":
        total, sections = model.evaluate_word_analogies(path, restrict_vocab=len(model))
        check(name, "accuracy", scores["accuracy"], total)
        theirs = {s["section"]: (len(s["correct"]), len(s["incorrect"])) for s in sections}
        for s in scores["sections"]:
            right, wrong = theirs[s["name"]]
            check(name, s["name"] + ", questions", s["used"], right + wrong)
            check(name, s["name"] + ", right", s["correct"], right)
        continue
    pairs = os.path.join(tmp, "pairs")
    with open(path, encoding="utf-8") as lines, open(pairs, "w", encoding="utf-8") as out:
        for line in lines:
            out.write("\t".join(line.split()[:3]) + "\n")
    pearson, spearman, missing = model.evaluate_word_pairs(pairs, restrict_vocab=len(model))
    check(name, "Spearman", scores["spearman"], spearman[0])
    check(name, "Pearson", scores["pearson"], pearson[0])
    check(name, "missing", scores["items"] - scores["used"], missing / 100 * scores["items"])
print("gensim agrees" if not failed else "gensim does not agree")
sys.exit(failed)
PY
