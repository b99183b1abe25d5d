#!/usr/bin/env bash
# tests/quality: the picture that is committed is drawn from the rows that are, and the
# sweep that adds rows works, here with a small text and the sets of the generator.
# Closes with: N passed, N failed.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C OMP_WAIT_POLICY=passive

# shellcheck source=tests/expect.bash
. tests/expect.bash
gen=${GEN:-.build/gen}
quality=tests/quality

drawn()
{
    "$quality/plot.py" "$1" - >"$tmp/drawn.svg" && cmp "$quality/quality.svg" "$tmp/drawn.svg"
}
expect "quality.svg is what plot.py draws from results.csv" drawn "$quality/results.csv"

# Of the text that the first row is about.
{
    cat "$quality/results.csv"
    sed -n '2s/^[^,]*,\([^,]*\),.*/here,\1,another,1,999,,35,.5,,,,,/p' "$quality/results.csv"
} >"$tmp/more.csv"
changed()
{
    ! drawn "$tmp/more.csv" && grep -q '>another<' "$tmp/drawn.svg"
}
expect "another row changes the picture" changed

mkdir "$tmp/sets"
expect "a small text" "$gen" --words 60K -o "$tmp/small.txt"
"$gen" --analogies -o "$tmp/sets/questions-words.txt"
for set in WS-353-SIM WS-353-REL MEN-TR-3k RW-STANFORD SIMLEX-999; do
    "$gen" --pairs -o "$tmp/sets/EN-$set.txt"
done
sweep()
{
    "$quality/sweep.sh" -o "$tmp/$1.csv" "${@:2}" "$tmp/small.txt" "$tmp/sets"
}
expect "a sweep of two seeds" sweep rows -r 208d-1bit -s 1 -s 2
# Five times the same set, so that their mean is each of them.
rows()
{
    cat "$tmp/rows.csv"
    head -n 1 "$quality/results.csv" | cmp - <(head -n 1 "$tmp/rows.csv") &&
        awk -F , '
            NR > 1 && ($1 != "here" || $2 != "small" || $3 != "208d-1bit" || $4 != NR - 1 ||
                $5 != 28 || $7 !~ /^[0-9.]+$/ || NF != 13 || $8 != $9 || $8 != $13) { exit 1 }
            END { exit NR != 3 }' "$tmp/rows.csv"
}
expect "its rows" rows
expect "a picture of them" "$quality/plot.py" "$tmp/rows.csv" "$tmp/rows.svg"
expect "a sweep of all recipes" sweep all
named()
{
    diff <(sed -n '2,$s/^here,small,\([^,]*\),1,.*/\1/p' "$tmp/all.csv") \
        <(grep -v '^#' "$quality/recipes.tsv" | cut -f 1)
}
expect "a row of each" named
no_recipe()
{
    ! sweep none -r none && [ ! -e "$tmp/none.csv" ]
}
expect "a recipe that is not there is refused" no_recipe

finish
