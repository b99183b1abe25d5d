#!/usr/bin/env bash
# Phrases against a plain program that does the same in Python.
awk -v N=400 -f "$DATA/text.awk" >text.txt
# words that stand together often: two of them, three, four
awk '{ if (NR % 5 == 0) $0 = $0 " new york"
       if (NR % 7 == 0) $0 = "the big ice cream " $0
       if (NR % 9 == 0) $0 = $0 "\t in  the new york city hall"
       if (NR % 50 == 0) print ""
       print }' text.txt >phrased.txt
printf 'no end of line new york' >>phrased.txt
cat >reference.py <<'END'
import math, sys
from collections import Counter

path, score, threshold, passes, least = sys.argv[1], sys.argv[2], *map(float, sys.argv[3:])
lines = [line.split() for line in open(path)]
for _ in range(int(passes)):
    words, pairs = Counter(), Counter()
    for line in lines:
        words.update(line)
        pairs.update(zip(line, line[1:]))
    total = sum(words.values())
    found = set()
    for (a, b), n in pairs.items():
        if min(n, words[a], words[b]) < least:
            continue
        if score == "count":
            value = (n - 5) / (words[a] * words[b]) * total
        else:
            value = math.log(n * total / (words[a] * words[b])) / -math.log(n / total)
        if value > threshold:
            found.add((a, b))
    for i, line in enumerate(lines):
        joined = []
        while line:
            if tuple(line[:2]) in found:
                joined.append("_".join(line[:2]))
                line = line[2:]
            else:
                joined.append(line[0])
                line = line[1:]
        lines[i] = joined
    if score == "count":
        threshold /= 2
for line in lines:
    print(*line)
END
same()
{
    python3 reference.py phrased.txt "$1" "$2" "$3" "$4" >expected.txt
    w2b phrases phrased.txt -q --score "$1" --threshold "$2" --passes "$3" --min-count "$4" \
        --threads "$5" | cmp - expected.txt &&
        echo "$*: the same, $(tr -cd _ <expected.txt | wc -c)"
}
same count 20 1 5 1
same count 20 2 5 2
same count 4 3 5 3
same npmi 0.4 2 5 1
same npmi 0.7 1 30 2
cp phrased.txt small.txt
# more than is read at a time, and hardly a place to cut it but within phrases
{ cat small.txt; echo; yes "new york city hall new york" | head -n 150000; } >phrased.txt
same npmi 0.4 2 5 2
tr '\n' ' ' <phrased.txt >one.txt
w2b phrases one.txt -q --score npmi -t 1 >one.out
w2b phrases one.txt -q --score npmi -t 3 | cmp - one.out && echo "one line: the same"
words() { tr -s '[:space:]_' '\n' <"$1" | grep .; }
cmp <(words one.out) <(words one.txt) && echo "nothing lost"
cp small.txt phrased.txt
echo "--- the list"
w2b phrases phrased.txt --threshold 10 --list - 2>said |
    sed -E 's/([0-9]+\.[0-9]{3})[0-9]*/\1/'
cat said
echo "--- files"
gzip -k phrased.txt
w2b phrases phrased.txt.gz --threshold 10 -o joined.txt --list list.txt
w2b phrases phrased.txt --threshold 10 -q | cmp - joined.txt && echo "gzip: the same"
w2b phrases phrased.txt -o joined.txt; echo "exit $?"
w2b phrases phrased.txt -q -f -o joined.txt --list list.txt; echo "exit $?"
tail -c 24 joined.txt
echo "--- mistakes"
w2b phrases - <phrased.txt; echo "exit $?"
w2b phrases <(cat phrased.txt) 2>&1 | sed 's,/dev/fd/[0-9]*,PIPE,'
w2b phrases none.txt; echo "exit $?"
w2b phrases phrased.txt --threshold -1; echo "exit $?"
w2b phrases phrased.txt --passes 9; echo "exit $?"
w2b phrases phrased.txt --min-count 100000; echo "exit $?"
w2b phrases; echo "exit $?"
