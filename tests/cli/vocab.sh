#!/usr/bin/env bash
printf 'b a b c\na b\n' >one.txt
printf 'c d\n' >two.txt
w2b vocab one.txt two.txt --min-count 1 2>summary
sed -E 's/[0-9.]+ s;/TIME;/' summary
echo "--- to a file"
w2b vocab one.txt -q -m2 -o words.txt
cat words.txt
w2b vocab one.txt -q -m2 -o words.txt; echo "exit $?"
w2b vocab one.txt -q -m1 -o words.txt -f; cat words.txt
echo "--- from a pipe"
w2b vocab - -q --min-count=3 <one.txt
echo "--- mistakes"
w2b vocab; echo "exit $?"
w2b vocab none.txt; echo "exit $?"
w2b vocab one.txt -m 99; echo "exit $?"
w2b vocab one.txt -m 1 -o missing/words.txt; echo "exit $?"
ls -A
