#!/usr/bin/env bash
# Trains recipes on a text, scores each on the test sets and adds a row a model to
# results.csv. Takes as long as training takes; nothing of it runs in the tests.
#
#   tests/quality/sweep.sh [-r RECIPE]... [-s SEED]... [-o CSV] TEXT SETS
#
#   -r  a recipe of recipes.tsv (default: all)
#   -s  a seed (default: 1)
#   -o  the file of results (default: results.csv beside this script)
#   SETS is a folder with questions-words.txt, EN-WS-353-SIM.txt, EN-WS-353-REL.txt,
#   EN-MEN-TR-3k.txt, EN-RW-STANFORD.txt and EN-SIMLEX-999.txt
#
#   W2B  the command (default ./w2b)
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
w2b=${W2B:-$here/../../w2b}
results=$here/results.csv
recipes=() seeds=()
usage()
{
    echo "usage: tests/quality/sweep.sh [-r RECIPE]... [-s SEED]... [-o CSV] TEXT SETS" >&2
    exit 2
}
while getopts r:s:o: option; do
    case $option in
        r) recipes+=("$OPTARG") ;;
        s) seeds+=("$OPTARG") ;;
        o) results=$OPTARG ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# = 2 ] || usage
text=$1 sets=$2
if [ ${#recipes[@]} = 0 ]; then
    mapfile -t recipes < <(sed -n 's/^\([^#\t]*\)\t.*/\1/p' "$here/recipes.tsv")
fi
[ ${#seeds[@]} -gt 0 ] || seeds=(1)
similarity=()
for set in WS-353-SIM WS-353-REL MEN-TR-3k RW-STANFORD SIMLEX-999; do
    similarity+=("$sets/EN-$set.txt")
done
for file in "$text" "$sets/questions-words.txt" "${similarity[@]}"; do
    [ -r "$file" ] || { echo "sweep: cannot read $file" >&2; exit 1; }
done
corpus=$(basename "$text")
corpus=${corpus%%.*}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# column NAME: of the rows for whole sets of what `w2b eval --tsv` prints
column()
{
    awk -F '\t' -v name="$1" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["section"] == "" { print $at[name] }'
}

# sweep RECIPE SEED: one row
sweep()
{
    local trained options bytes seconds analogies state
    IFS=$'\t' read -r trained options < <(sed -n "s/^$1\t//p" "$here/recipes.tsv") || true
    [ -n "$options" ] || { echo "sweep: no recipe $1 in recipes.tsv" >&2; exit 1; }
    # Where another recipe has trained the same, the rest is to store it otherwise.
    state=$tmp/$trained.$2.state
    # What one asked for, then what it took: user and system time.
    # shellcheck disable=SC2086 # several options
    { TIMEFORMAT='%U %S'; time "$w2b" train -f "$text" -o "$tmp/model.w2b" --seed "$2" \
        --checkpoint "$state" --every 0 --resume $options 2>"$tmp/train.log"; } 2>"$tmp/time" ||
        { cat "$tmp/train.log" >&2; exit 1; }
    [ -s "$state.time" ] || cp "$tmp/time" "$state.time"
    seconds=$(awk '{ printf "%.0f", $1 + $2 }' "$state.time")
    "$w2b" eval -q "$tmp/model.w2b" --top 30000 --tsv "$sets/questions-words.txt" >"$tmp/a.tsv"
    "$w2b" eval -q "$tmp/model.w2b" --tsv "${similarity[@]}" >"$tmp/s.tsv"
    bytes=$(column bytes_per_word <"$tmp/a.tsv")
    analogies=$(column accuracy <"$tmp/a.tsv" | awk '{ printf "%.2f", 100 * $1 }')
    column spearman <"$tmp/s.tsv" | awk -v row="here,$corpus,$1,$2,$bytes,$seconds,$analogies" '
        { sum += $1; each = each sprintf(",%.4f", $1) }
        END { printf "%s,%.4f%s\n", row, sum / NR, each }' |
        sed 's/,\(-\{0,1\}\)0\./,\1./g' >"$tmp/row"
    # Whole rows only, and the header where there is none yet.
    [ -s "$results" ] || sed -n 1p "$here/results.csv" >"$results"
    cat "$tmp/row" >>"$results"
    cat "$tmp/row"
}

for recipe in "${recipes[@]}"; do
    for seed in "${seeds[@]}"; do sweep "$recipe" "$seed"; done
done
