#!/usr/bin/env bash
# A tour of w2b in under two minutes: makes text from tables of facts, learns word
# vectors from it, asks them, scores them, and compresses ordinary float vectors.
# `make demo` builds what this needs and calls it. Leaves nothing behind.
#
#   W2B, GEN    the command and the generator (default ./w2b, .build/gen)
#   DEMO_WORDS  length of the text in words (default 2M)
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C

w2b=${W2B:-$PWD/w2b}
gen=${GEN:-$PWD/.build/gen}
words=${DEMO_WORDS:-2M}
for program in "$w2b" "$gen"; do
    if [ ! -x "$program" ]; then
        echo "demo: $program is not built yet; \"make demo\" sees to that" >&2
        exit 1
    fi
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
tables=$PWD/data/tables
cd "$tmp"

title() { printf '\n== %s\n\n' "$*"; }

# Shows a command as one would type it, then runs it.
show()
{
    printf '  $ w2b %s\n' "$*"
    "$w2b" "$@"
    echo
}

# The value of a field in the JSON of "w2b info".
field() { "$w2b" info --json "$1" | sed -n "s/^ *\"$2\": *\([0-9.]*\).*/\1/p" | head -n 1; }

# row NAME FILE BYTES: one row of the table, both scores included.
row()
{
    # shellcheck disable=SC2016
    "$w2b" eval "$2" analogies.txt pairs.tsv --tsv |
        awk -F '\t' -v name="$1" -v bytes="$3" '
            NR > 1 && $3 == "" && $2 == "analogy" { right = 100 * $11 }
            NR > 1 && $3 == "" && $2 == "similarity" { rank = $7 }
            END { printf "  %-34s %8.1f %12.1f %% %12.3f\n", name, bytes, right, rank }'
}

title "Text"
"$gen" --tables "$tables" --words "$words" -o text.txt
"$gen" --tables "$tables" --analogies -o analogies.txt
"$gen" --tables "$tables" --pairs -o pairs.tsv
echo "$words words of English, made up from tables of facts (data/tables):"
echo
sed -n '/^.\{120,260\}$/{p;q;}' text.txt | fold -s -w 76 | sed 's/^/    /; s/ $//'

title "Training: 106 bytes a word"
show train text.txt -o model.w2b --bytes-per-word 106 --window 5 --sample 1e-3 --epochs 10

title "Questions"
show neighbors model.w2b france piano -k 4
echo "  paris is to france as tokyo is to ..."
show analogy model.w2b paris france tokyo -k 3
echo "  king is to queen as actor is to ..."
show analogy model.w2b king queen actor -k 3

title "Vectors from elsewhere"
echo "The same text with ordinary 32-bit floats, as most programs write them:"
echo
show train text.txt -o floats.w2b --dim 100 --window 5 --rate 0.05 --epochs 10 \
    --train-bits 0 --bits 32 --axes off
show convert floats.w2b floats.txt
for bits in 4 2 1; do
    "$w2b" quantize -q floats.txt -o "floats-$bits.w2b" --bits "$bits"
done
echo "  $ w2b quantize floats.txt -o floats-4.w2b --bits 4      (and 2, and 1)"

title "What the bytes are worth"
echo "Scored on $(grep -vc '^:' analogies.txt) analogies and $(wc -l <pairs.tsv) pairs of words" \
    "about the same facts:"
echo
printf '  %-34s %8s %14s %12s\n' "" "bytes" "analogies" "similarity"
printf '  %-34s %8s %14s %12s\n' "" "a word" "right" "Spearman"
row "32-bit floats" floats.w2b $((4 * $(field floats.w2b dim)))
for bits in 4 2 1; do
    file=floats-$bits.w2b
    row "  quantized, bits a number: $bits" "$file" "$(field "$file" bytes_per_word)"
done
row "trained with 2 bits, stored in 4" model.w2b "$(field model.w2b bytes_per_word)"

title "Your turn"
cat <<'END'
  w2b train YOUR_TEXT -o my.w2b        text may be .gz .bz2 .xz .zst or -
  w2b neighbors my.w2b WORD            the words used most alike
  w2b quantize vectors.txt -o v.w2b    compress vectors that you have
  data/fetch.sh --list                 public texts, test sets and vectors
  w2b --help                           all the rest
END
