#!/usr/bin/env bash
# Every reader against every writer, on the sample files of the programs that
# define the formats; then what NumPy, gensim and fastText read of what was
# written. Skipped where the samples are not there.
set -u
cd "$(dirname "$0")/.." || exit 1
export PYTHONDONTWRITEBYTECODE=1 OMP_WAIT_POLICY=passive
# shellcheck source=tests/expect.bash
. tests/expect.bash
samples=${W2B_SHARED:-../shared}/data/formats
w2b=$(realpath "${W2B:-./w2b}")

if [ ! -e "$samples/word2vec-c.bin" ]; then
    echo "skip: $samples is not there"
    exit 0
fi

# same A B: the vectors and words of both files, as text, are equal to 6 digits.
# Formats that hold lengths apart from directions round once more.
same()
{
    "$w2b" convert "$1" - --to word2vec-text -q >"$tmp/a" &&
        "$w2b" convert "$2" - --to word2vec-text -q >"$tmp/b" &&
        awk -v other="$tmp/b" '
            function size(x) { return x < 0 ? -x : x }
            function far(x, y) { return size(x - y) > 2e-6 * size(y) + 1e-12 }
            { if ((getline line < other) <= 0) { print "row " NR " is missing"; exit 1 }
              n = split(line, b, " ")
              if (n != NF || $1 != b[1]) { print "row " NR ": " $1 " and " b[1]; exit 1 }
              for (i = NR > 1 ? 2 : 1; i <= n; i++)
                  if (far($i, b[i])) { print "row " NR ": " $i " and " b[i]; exit 1 } }
            END { if ((getline line < other) > 0) { print "there are more rows"; exit 1 } }
        ' "$tmp/a"
}

round()
{
    local in=$1 out=$2
    rm -rf "$out"
    "$w2b" convert "$in" "$out" -q && same "$in" "$out"
}

readers=(word2vec-c.bin word2vec-c.txt gensim.bin fasttext-cbow.bin fasttext-cbow.vec
    fasttext-supervised.bin fasttext-supervised-pruned.ftz numpy-f32.npy numpy-f16.npy
    static-embedding.safetensors model2vec-f16.safetensors finalfusion.fifu word2bits-1bit.bin
    word2bits-2bit.txt)
writers=(out.w2b out.bin out.txt out.npy out.safetensors out.fifu out.glove out.tsv)
mkdir "$tmp/out"
for reader in "${readers[@]}"; do
    for writer in "${writers[@]}"; do
        rm -rf "$tmp/out"/*
        expect "$reader to $writer" round "$samples/$reader" "$tmp/out/$writer"
    done
done

# One step further: each writer's file to each writer.
"$w2b" convert "$samples/finalfusion.fifu" "$tmp/one.w2b" -q -l 200
for first in "${writers[@]}"; do
    mkdir -p "$tmp/first"
    rm -rf "$tmp/first"/*
    "$w2b" convert "$tmp/one.w2b" "$tmp/first/$first" -q
    for writer in "${writers[@]}"; do
        rm -rf "$tmp/out"/*
        expect "$first to $writer" round "$tmp/first/$first" "$tmp/out/$writer"
    done
done

# Folders of Model2Vec's have one row more, for words that are unknown.
folder()
{
    "$w2b" convert "$1" "$tmp/folder/" -q -f &&
        "$w2b" convert "$tmp/folder" "$tmp/back.txt" -q -f -l "$2" &&
        "$w2b" convert "$1" "$tmp/there.txt" -q -f &&
        cmp "$tmp/back.txt" "$tmp/there.txt"
}
expect 'a folder of Model2Vec, and back' folder "$samples/static-embedding.safetensors" 1880

# Under compression, and from a pipe: all but those that are folders.
for reader in fasttext-cbow.bin fasttext-supervised-pruned.ftz numpy-f32.npy \
    static-embedding.safetensors finalfusion.fifu; do
    words=()
    case $reader in *.npy | *.safetensors) words=(--vocab "$samples/numpy-f32.vocab.txt") ;; esac
    "$w2b" convert "$samples/$reader" "$tmp/plain.bin" -q -f
    for packer in gzip bzip2 xz zstd; do
        $packer -c <"$samples/$reader" >"$tmp/packed"
        expect "$reader under $packer" "$w2b" convert "$tmp/packed" "$tmp/packed.bin" -q -f \
            "${words[@]}"
        expect "$reader under $packer, content" cmp "$tmp/packed.bin" "$tmp/plain.bin"
    done
    piped() { "$w2b" convert - "$tmp/piped.bin" -q -f "${words[@]}" < <(cat "$samples/$reader"); }
    expect "$reader from a pipe" piped
    expect "$reader from a pipe, content" cmp "$tmp/piped.bin" "$tmp/plain.bin"
done

# Words that no vocabulary has, from a model of fastText's.
composed()
{
    local out
    out=$("$w2b" similarity "$samples/fasttext-cbow.bin" anarchistically anarchism 2>"$tmp/err") &&
        [ "$out" = 0.9986 ] && grep -q 'made from parts' "$tmp/err"
}
expect 'a word made from its parts' composed

for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import numpy' 2>/dev/null; then
        expect 'what other programs read' "$candidate" tests/formats.py "$w2b" "$samples" "$tmp"
        sed 's/^/formats: /' "$tmp/others" 2>/dev/null
        break
    fi
    [ "$candidate" = python3 ] || echo "formats: NumPy is not installed, nor asked"
done
finish
