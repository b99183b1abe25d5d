#!/usr/bin/env bash
# The corpus generator: the same seed gives the same bytes, the text is what it
# says, and its words are in the questions that go with it.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C

gen=${GEN:-.build/gen}
if [ ! -x "$gen" ]; then
    echo "tests/gen.sh: no generator at $gen" >&2
    exit 1
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

# check NAME COMMAND...: passes if the command succeeds.
check()
{
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $name"
    fi
}

# refused CODE COMMAND...: exits with CODE, writes one line to standard error and
# nothing to standard output.
refused()
{
    local want=$1 code=0
    shift
    "$@" >"$tmp/out" 2>"$tmp/err" || code=$?
    [ "$code" = "$want" ] && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" = 1 ]
}

differ() { ! cmp -s "$1" "$2"; }
within() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }
has_no() { ! grep -q "$@"; }

"$gen" -w 100K -s 7 >"$tmp/a"
"$gen" -w 100K -s 7 >"$tmp/b"
OMP_NUM_THREADS=1 taskset 1 "$gen" -w 100000 --seed 7 -o "$tmp/c"
"$gen" -w 100K -s 8 >"$tmp/d"
check "the same seed gives the same text" cmp "$tmp/a" "$tmp/b"
check "one processor gives the same text" cmp "$tmp/a" "$tmp/c"
check "another seed gives another text" differ "$tmp/a" "$tmp/d"
check "the text of seed 7 is the one it has always been" \
    test "$(cksum <"$tmp/a")" = "2854621963 539671"

for n in 1 2 100 16384 16385 50000; do
    "$gen" -w "$n" >"$tmp/n"
    check "$n words asked for" within "$(wc -w <"$tmp/n")" "$n" $((n + 60))
    check "$n words end in a newline" test "$(tail -c 1 "$tmp/n" | od -An -tx1)" = " 0a"
done

"$gen" -w 2M >"$tmp/text"
check "only a-z, single spaces and newlines" has_no -vE '^[a-z]+( [a-z]+)*$' "$tmp/text"
tr ' ' '\n' <"$tmp/text" | sort | uniq -c | awk '{ print $2, $1 }' >"$tmp/counts"
check "thousands of different words" within "$(wc -l <"$tmp/counts")" 8000 20000

"$gen" --analogies >"$tmp/analogies"
"$gen" --pairs >"$tmp/pairs"
check "analogies have four words or are sections" \
    has_no -vE '^(: [a-z-]+|[a-z]+ [a-z]+ [a-z]+ [a-z]+)$' "$tmp/analogies"
check "pairs have two words and a score" \
    has_no -vE '^[a-z]+'$'\t''[a-z]+'$'\t''[0-9]+[.][0-9]$' "$tmp/pairs"
check "about 1,700 analogies" within "$(grep -vc '^:' "$tmp/analogies")" 1500 2000
check "20 sections at least" within "$(grep -c '^:' "$tmp/analogies")" 20 40
check "about 430 pairs" within "$(wc -l <"$tmp/pairs")" 350 500
check "no pair twice" test -z "$(cut -f 1-2 "$tmp/pairs" | sort | uniq -d)"
check "no analogy twice" test -z "$(grep -v '^:' "$tmp/analogies" | sort | uniq -d)"
# shellcheck disable=SC2016
check "four different words in an analogy" awk '!/^:/ {
    split("", seen)
    for (i = 1; i <= 4; i++) if (seen[$i]++) exit 1
}' "$tmp/analogies"
"$gen" --analogies >"$tmp/again"
check "the same questions again" cmp "$tmp/analogies" "$tmp/again"
"$gen" --analogies -s 2 >"$tmp/other"
check "other questions from another seed" differ "$tmp/analogies" "$tmp/other"
# The pairs of the first section are rows of the table of countries.
sed -n '2,/^:/{/^:/!p}' "$tmp/analogies" | awk '{ print $2, $1; print $4, $3 }' >"$tmp/capitals"
grep -v '^#' data/tables/country.tsv | awk -F '\t' '{ print $1, $2 }' | sort >"$tmp/countries"
check "capitals are capitals" test -z "$(sort -u "$tmp/capitals" | comm -23 - "$tmp/countries")"
check "capitals of many countries" within "$(sort -u "$tmp/capitals" | wc -l)" 80 200

# Words of questions that come fewer than five times in two million: at most one in 200.
{ grep -v '^:' "$tmp/analogies" | tr ' ' '\n'; cut -f 1-2 "$tmp/pairs" | tr '\t' '\n'; } |
    sort -u >"$tmp/asked"
rare=$(awk 'NR == FNR { n[$1] = $2; next } n[$1] < 5' "$tmp/counts" "$tmp/asked" | wc -l)
check "the words asked for are in the text ($rare of $(wc -l <"$tmp/asked") are rare)" \
    test $((rare * 200)) -le "$(wc -l <"$tmp/asked")"

check "--help tells" grep -q -- --analogies <("$gen" --help)
check "no words" refused 2 "$gen" --words 0
check "not a number" refused 2 "$gen" --words many
check "a number with rubbish" refused 2 "$gen" --words 10x
check "a negative number" refused 2 "$gen" --seed -1
check "too large a number" refused 2 "$gen" --words 99999999999999999999
check "too large a number of units" refused 2 "$gen" --words 99999999999999G
check "an unknown option" refused 2 "$gen" --wrods 10
check "an option without its value" refused 2 "$gen" --words
check "an argument" refused 2 "$gen" extra
check "two kinds of questions" refused 2 "$gen" --pairs --analogies
check "no tables" refused 1 "$gen" --tables "$tmp/nowhere"
check "an existing file is kept" refused 1 "$gen" -w 10 -o "$tmp/a"
check "and is as it was" cmp "$tmp/a" "$tmp/b"
check "unless told" "$gen" -w 10 -f -o "$tmp/a"
check "now it is another" differ "$tmp/a" "$tmp/b"

# broken WHAT TEXT FILE [WANTED]: a line that must not be in a table is found, with its place.
broken()
{
    local name=$1 line=$2 file=$3 number
    rm -rf "$tmp/tables"
    cp -r data/tables "$tmp/tables"
    printf '%s\n' "$line" >>"$tmp/tables/$file"
    number=$(wc -l <"$tmp/tables/$file")
    check "$name is refused" refused 1 "$gen" -w 10 --tables "$tmp/tables"
    check "$name is found" grep -q "$file:$number: " "$tmp/err"
}
broken "a short row" "atlantis" country.tsv
broken "a capital letter" $'Two\tsecond\tten\tduo\ttwo' number.tsv
broken "an unknown table" "the {dragon} sleeps" patterns.txt
broken "an unknown column" "the {animal.colour}" patterns.txt
broken "an open bracket" "the {animal" patterns.txt
broken "an open choice" "the [big|small" patterns.txt
broken "punctuation" "the end." patterns.txt
broken "a section of no table" "== zoo dragon 3" patterns.txt
broken "a question of no column" "analogy x animal name wings 10 0" questions.txt
broken "a question of no kind" "riddle x animal name plural 10 0" questions.txt
broken "half a question" "analogy x animal" questions.txt
cp -r data/tables "$tmp/empty"
: >"$tmp/empty/animal.tsv"
check "an empty table" refused 1 "$gen" -w 10 --tables "$tmp/empty"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
