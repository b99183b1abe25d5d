#!/usr/bin/env bash
# Small inputs to begin with for every target, made by the command from the files
# of the other tests, and those that once were findings:
#
#   tests/fuzz/seeds.sh DIR      writes DIR/TARGET/*
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$1
w2b=$(realpath "${W2B:-./w2b}") || exit 1
data=tests/cli/data
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1

for known in tests/fuzz/corpus/*; do
    [ -d "$known" ] && mkdir -p "$out/${known##*/}" && cp "$known"/* "$out/${known##*/}/"
done
mkdir -p "$out"/{container,options,testset,vocab,stream,number,query,tokenizer,checkpoint} || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# tagged CODE FILE TARGET NAME: the file behind a byte that the target looks at.
tagged()
{
    { printf '%b' "\\x$1"; cat "$2"; } >"$out/$3/$4"
}

# named FORMAT FILE NAME: the file behind the line that says what it is read as.
named()
{
    mkdir -p "$out/formats-$1"
    { echo "$1"; cat "$2"; } >"$out/formats-$1/$3"
}

# Formats: every one that the command writes, the first words only, and what
# comes with it. As "auto" they are found by content.
head -n 6 $data/tiny.vec | sed '1s/.*/5 6/' >"$tmp/tiny.vec"
names=$("$w2b" help convert | tr -s ' \n' '  ' |
    sed 's/.*--to FORMAT.*One of: \([^.]*\)\..*/\1/; s/,/ /g; s/ or / /g')
for name in $names; do
    [ "$name" != auto ] || continue
    mkdir -p "$tmp/as/$name"
    "$w2b" convert "$tmp/tiny.vec" "$tmp/as/$name/vectors" --to "$name" -q 2>/dev/null || continue
    find "$tmp/as/$name" -type f | while read -r file; do
        base=$(basename "$file")
        # With the file of words behind it.
        { cat "$file"; printf '\377\377\377\377the\nof\nand\nto\nin\n'; } >"$tmp/words"
        named auto "$file" "$name-$base"
        # These two have no reader of their own.
        case $name in model2vec | projector) ;; *) named "$name" "$tmp/words" "$base" ;; esac
    done
done
tagged 06 "$tmp/as/model2vec/vectors/tokenizer.json" tokenizer written
printf '%s' '{"model":{"type":"Unigram","vocab":[["a",-1],["b",-2.5]]},"added_tokens":[
{"id":2,"content":"c\u0000\ud83d\ude00"}]}' >"$tmp/unigram"
tagged 04 "$tmp/unigram" tokenizer unigram
printf 'the 0.5 1 2\nof 1e-3 -2.5 3\n' >"$tmp/glove"
printf 'the\t0.5\t1\nof\t1\t2\n' >"$tmp/tabs"
printf '2 64\nthe 12345678901234567890\nof 18446744073709551615\n' >"$tmp/signs"
named glove "$tmp/glove" plain
named table "$tmp/tabs" tabs
named binarized-text "$tmp/signs" signs
for file in glove tabs signs; do
    named auto "$tmp/$file" $file
done
# Word2Bits' own numbers become codes on the way.
printf '3 2\na 0.33333334 -0.33333334\nb 0.33333334 0.33333334\nc -0.33333334 0.33333334\n' \
    >"$tmp/bits"
named word2vec-text "$tmp/bits" bits
"$w2b" convert "$tmp/bits" "$tmp/bits.bin" --to word2vec-binary -q &&
    named word2vec-binary "$tmp/bits.bin" bits

# The container, in all methods and bits.
for file in tests/golden/*.w2b tests/golden/bad/*.w2b; do
    tagged 01 "$file" container "$(basename "$file")"
    tagged 02 "$file" container "repair-$(basename "$file")"
    named auto "$file" "golden-$(basename "$file")"
done
for method in $("$w2b" help quantize | tr -s ' \n' '  ' |
    sed 's/.*--method [A-Z]* .*One of: \([^.]*\)\..*/\1/; s/,/ /g; s/ or / /g'); do
    for bits in 1 2 4 8; do
        "$w2b" quantize $data/tiny.vec -o "$tmp/q.w2b" --bits $bits --method "$method" -q -f \
            2>/dev/null && tagged 01 "$tmp/q.w2b" container "$method$bits"
    done
done

# Test sets, text, vocabularies, compressed streams.
cp $data/pairs.txt $data/pairs.csv $data/analogies.txt "$out/testset/"
printf 'word,category\nw1,a\nw2,a\nw3,b\n' >"$out/testset/categories.csv"
printf 'w1\nw2\nw3\n\nw9\n' >"$out/testset/odd"
printf 'w1 w2 *w3\n' >"$out/testset/marked"
printf 'word1,word2,word3,target,type\nw1,w2,w3,w4,x\n' >"$out/testset/msr.csv"
printf 'w1\tw2/w3\nw4\tw5\n' >"$out/testset/bats"
awk -v N=12 -f $data/text.awk >"$tmp/text"
"$w2b" vocab "$tmp/text" -o "$tmp/words" 2>/dev/null
tagged 00 "$tmp/text" vocab text
tagged 01 "$tmp/words" vocab words
for codec in gzip bzip2 xz zstd; do
    $codec -c "$tmp/text" >"$out/stream/$codec"
    tagged 00 "$out/stream/$codec" vocab "$codec"
    named auto <($codec -c "$tmp/tiny.vec") "$codec"
done
cat "$out/stream/gzip" "$out/stream/gzip" >"$out/stream/two-members"

# Numbers, questions, command lines.
i=0
for number in 0 -1.5e-3 .5 1e38 3.4028236e38 1e-46 nan -inf 0x1p3 123456789012345678901234567890 \
    1.00000005960464477539062500000001 +2.50E4 1e 9007199254740993; do
    i=$((i + 1))
    printf %s "$number" >"$out/number/$i"
done
printf 'w1 - w2 + w3' >"$out/query/sum"
printf '0.5*w1 + 2*w2 - 1e3*w199' >"$out/query/weights"
printf 'w 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20' >"$out/query/vector"
printf 'ww12' >"$out/query/misspelled"
i=0
"$w2b" __generate commands | while read -r command; do
    {
        printf '%b' "\\x$(printf %02x $i)"
        "$w2b" "$command" -h | grep -o -e '--[a-z-]*' | tr '\n' '\0'
    } >"$out/options/$command"
    i=$((i + 1))
done
printf '\0text\0-o\0m.w2b\0--dim=1K\0-T2\0--no-quiet\0--sample\0001e-4\0--\0-x' \
    >"$out/options/values"

# Checkpoints: bytes over others.
printf '\0' >"$out/checkpoint/as-it-is"
printf '\1' >"$out/checkpoint/bits"
printf '\2\20\0\10\2\0\0\0\0\0\0\0' >"$out/checkpoint/head"
printf '\3\100\1\4\0\377\377\0\2\2\1\1' >"$out/checkpoint/two-places"
printf '\4\0\1\1\0' >"$out/checkpoint/cut"
