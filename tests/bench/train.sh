#!/usr/bin/env bash
# Trains on a text with this program and with the peers that are installed, one
# after the other, several times, and prints for each task: processor seconds of
# the whole process (median), how many times ours that is, and the scores of what
# came out. Builds nothing and fetches nothing.
#
#   tests/bench/train.sh [-n TRIALS] [-d DIM] [-e EPOCHS] [-t THREADS] TEXT SETS
#
#   TEXT   plain text, one passage a line
#   SETS   a folder as for tests/quality/sweep.sh
#
#   W2B        the command (default ./w2b)
#   WORD2BITS  a build of word2bits.cpp (Lam 2018), if there is one
#   WORD2VEC   a build of word2vec.c, or of pWord2Vec
#   GENSIM     a python that has gensim (default /usr/bin/python3)
#   FASTTEXT   default fasttext
#
# Tasks: bits   CBOW with one bit in the loop, window 8, 12 negatives, against word2bits.cpp
#        float  CBOW in floats, window 8, 5 negatives, against gensim and fastText
#        skip   skip-gram in floats, window 5, 5 negatives, against all that do it
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
w2b=${W2B:-$here/../../w2b}
gensim=${GENSIM:-/usr/bin/python3}
fasttext=${FASTTEXT:-fasttext}
trials=3 dim=200 epochs=5 threads=2
usage()
{
    echo "usage: tests/bench/train.sh [-n TRIALS] [-d DIM] [-e EPOCHS] [-t THREADS] TEXT SETS" >&2
    exit 2
}
while getopts n:d:e:t: option; do
    case $option in
        n) trials=$OPTARG ;;
        d) dim=$OPTARG ;;
        e) epochs=$OPTARG ;;
        t) threads=$OPTARG ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# = 2 ] || usage
text=$1 sets=$2
for file in "$text" "$sets/questions-words.txt" "$sets/EN-WS-353-SIM.txt"; do
    [ -r "$file" ] || { echo "bench: cannot read $file" >&2; exit 1; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

cat >"$tmp/gensim_train.py" <<'PYTHON'
import sys
from gensim.models import Word2Vec
text, out, dim, window, negative, epochs, threads, skipgram = sys.argv[1:9]
model = Word2Vec(corpus_file=text, vector_size=int(dim), window=int(window), negative=int(negative),
                 epochs=int(epochs), workers=int(threads), sg=int(skipgram), min_count=5,
                 sample=1e-4, seed=1)
model.wv.save_word2vec_format(out, binary=True)
PYTHON

# Each prints nothing and leaves its vectors in $out.
ours()
{
    "$w2b" train "$text" -o "$out" -f -q -d "$dim" --train-dim "$dim" -e "$epochs" -t "$threads" \
        --sample 1e-4 "$@"
}
run_word2bits()
{
    "$WORD2BITS" -train "$text" -output "$out" -size "$dim" -bitlevel 1 -window 8 -negative 12 \
        -iter "$epochs" -threads "$threads" -min-count 5 -sample 1e-4 -binary 1
}
run_gensim()
{
    "$gensim" "$tmp/gensim_train.py" "$text" "$out" "$dim" "$1" 5 "$epochs" "$threads" "$2"
}
run_fasttext()
{
    "$fasttext" "$1" -input "$text" -output "$out" -dim "$dim" -ws "$2" -neg 5 -epoch "$epochs" \
        -thread "$threads" -minCount 5 -t 1e-4 -maxn 0 -verbose 0 && mv "$out.vec" "$out"
}
run_word2vec()
{
    "$WORD2VEC" -train "$text" -output "$out" -size "$dim" -window 5 -negative 5 -cbow 0 -hs 0 \
        -iter "$epochs" -threads "$threads" -min-count 5 -sample 1e-4 -binary 1
}

# task NAME: rows "label<TAB>command", ours first.
programs()
{
    local has_gensim=
    "$gensim" -c 'import gensim' 2>/dev/null && has_gensim=yes
    case $1 in
        bits)
            printf 'w2b, 1 bit\tours --train-bits 1 --bits 1\n'
            printf 'w2b, 1 bit, few negatives for large blocks\t'
            printf 'ours --train-bits 1 --bits 1 --block 64 --pool 16\n'
            [ -z "${WORD2BITS-}" ] || printf 'word2bits.cpp\trun_word2bits\n'
            ;;
        float)
            printf 'w2b, floats\tours --train-bits 0 --bits 32 -n 5\n'
            printf 'w2b, floats, few negatives for large blocks\t'
            printf 'ours --train-bits 0 --bits 32 -n 5 --block 64 --pool 16\n'
            printf 'w2b, floats, even fewer\t'
            printf 'ours --train-bits 0 --bits 32 -n 5 --block 64 --pool 8\n'
            printf 'w2b, 1 bit in the loop, stored as floats\tours --train-bits 1 --bits 32 -n 5\n'
            [ -z "$has_gensim" ] || printf 'gensim\trun_gensim 8 0\n'
            ! command -v "$fasttext" >/dev/null || printf 'fastText\trun_fasttext cbow 8\n'
            ;;
        skip)
            printf 'w2b, floats\tours -a skipgram --train-bits 0 --bits 32 -w 5 -n 5\n'
            printf 'w2b, floats, fewer negatives\t'
            printf 'ours -a skipgram --train-bits 0 --bits 32 -w 5 -n 5 --pool 24\n'
            [ -z "$has_gensim" ] || printf 'gensim\trun_gensim 5 1\n'
            ! command -v "$fasttext" >/dev/null || printf 'fastText\trun_fasttext skipgram 5\n'
            [ -z "${WORD2VEC-}" ] || printf 'word2vec\trun_word2vec\n'
            ;;
    esac
}

median()
{
    sort -n "$1" | awk '
        { x[NR] = $1 }
        END { print (x[int((NR + 1) / 2)] + x[int(NR / 2) + 1]) / 2 }'
}

scores()
{
    local set files=()
    for set in WS-353-SIM WS-353-REL MEN-TR-3k RW-STANFORD SIMLEX-999; do
        files+=("$sets/EN-$set.txt")
    done
    "$w2b" eval "$1" "$sets/questions-words.txt" --top 30000 --tsv | awk -F '\t' '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["section"] == "" { printf "%6.2f%%", 100 * $at["accuracy"] }'
    "$w2b" eval "$1" "${files[@]}" --tsv | awk -F '\t' '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["section"] == "" { sum += $at["spearman"]; n++ }
        END { printf "  %.4f\n", sum / n }'
}

for task in bits float skip; do
    mapfile -t rows < <(programs "$task")
    for ((trial = 0; trial < trials; trial++)); do
        for i in "${!rows[@]}"; do
            out=$tmp/$task.$i
            read -ra command <<<"${rows[i]#*$'\t'}"
            TIMEFORMAT='%U %S %R'
            { time "${command[@]}" >/dev/null 2>"$tmp/errors"; } 2>"$tmp/time" || {
                cat "$tmp/errors" >&2
                echo "bench: \"${rows[i]%%$'\t'*}\" failed" >&2
                exit 1
            }
            awk '{ print $1 + $2 }' "$tmp/time" >>"$tmp/$task.$i.cpu"
            awk '{ print $3 }' "$tmp/time" >>"$tmp/$task.$i.wall"
        done
    done
    echo "$task: $dim numbers, $epochs epochs, $threads threads, medians of $trials"
    printf '  %-44s %9s %9s %7s  %s\n' program "CPU s" "wall s" ratio "analogies, similarity"
    first=$(median "$tmp/$task.0.cpu")
    for i in "${!rows[@]}"; do
        cpu=$(median "$tmp/$task.$i.cpu")
        printf '  %-44s %9.1f %9.1f %7.2f  %s\n' "${rows[i]%%$'\t'*}" "$cpu" \
            "$(median "$tmp/$task.$i.wall")" "$(awk "BEGIN { print $cpu / $first }")" \
            "$(scores "$tmp/$task.$i")"
    done
done
