#!/usr/bin/env bash
# Sizes at the limits. The small ones here; with --all (`make scale`, which takes
# some GiB of disk and minutes) more than 2^31 numbers, 2^32 words of text, ten
# million rows, and lines of a gibibyte.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/expect.bash

w2b=$(realpath "${W2B:-./w2b}") || exit 1
export OMP_WAIT_POLICY=passive

# vectors WORDS DIM: as word2vec text.
vectors()
{
    awk -v n="$1" -v d="$2" 'BEGIN { print n, d; for (i = 0; i < n; i++) { printf "w%d", i
        for (j = 0; j < d; j++) printf " %d", (s = (s * 1103 + 12345) % 65536) / 64 - 512
        print "" } }'
}

# survives DIM BITS: quantized, verified, asked, and written as text again.
survives()
{
    local m=$tmp/m.w2b
    "$w2b" quantize "$tmp/v.vec" -o "$m" --bits "$2" --method gauss -q -f &&
        "$w2b" verify -q "$m" && [ "$("$w2b" neighbors "$m" w1 -k 2 | wc -l)" = 2 ] &&
        [ "$("$w2b" convert "$m" - --to word2vec-text -q | awk 'NR == 2 { print NF - 1 }')" = "$1" ]
}
for dim in 1 2 7 63 65 127 1023 4096 4099; do
    vectors 5 $dim >"$tmp/v.vec"
    for bits in 1 3 8; do
        expect "vectors of $dim numbers, $bits bits" survives $dim $bits
    done
done
vectors 3 65536 >"$tmp/v.vec"
expect "vectors of 65,536 numbers" survives 65536 2
vectors 3 65537 >"$tmp/v.vec"
refused() { ! "$@" 2>"$tmp/err" && [ "$(wc -l <"$tmp/err")" = 1 ]; }
expect "vectors of 65,537 numbers" refused "$w2b" convert "$tmp/v.vec" "$tmp/x.w2b" -q

printf 'yes no\nno yes\n' >"$tmp/two"
for _ in 1 2 3 4 5 6 7; do cat "$tmp/two" "$tmp/two" >"$tmp/more" && mv "$tmp/more" "$tmp/two"; done
two_words()
{
    "$w2b" train "$tmp/two" -o "$tmp/two.w2b" --dim 3 -q -f && "$w2b" verify -q "$tmp/two.w2b" &&
        [ "$("$w2b" neighbors "$tmp/two.w2b" yes | cut -f 1)" = no ]
}
expect "a vocabulary of two words" two_words
yes same | head -n 100 >"$tmp/one"
expect "a vocabulary of one word" refused "$w2b" train "$tmp/one" -o "$tmp/x.w2b" -q

long=$(head -c 65535 /dev/zero | tr '\0' x)
# Behind another one: what a file is, its first 64 KiB have to tell.
{ echo '2 3'; echo 'short 3 2 1'; echo "$long 1 2 3"; } >"$tmp/long.vec"
long_word()
{
    "$w2b" convert "$tmp/long.vec" "$tmp/long.w2b" -q -f && "$w2b" verify -q "$tmp/long.w2b" &&
        [ "$("$w2b" neighbors "$tmp/long.w2b" short | cut -f 1)" = "$long" ]
}
expect "a word of 65,535 bytes" long_word

[ "${1-}" = --all ] || { finish; exit; }

# numbers ROWS DIM: a sparse file of zeros, f16, whose last row is 1, and its words.
numbers()
{
    python3 - "$1" "$2" "$tmp/big" <<'PYTHON'
import sys
rows, dim, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
head = f"{{'descr': '<f2', 'fortran_order': False, 'shape': ({rows}, {dim}), }}"
head += " " * (63 - (10 + len(head)) % 64) + "\n"
with open(path + ".npy", "wb") as file:
    file.write(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head.encode())
    file.seek((rows - 1) * dim * 2, 1)
    file.write(b"\0\x3c" * dim)
with open(path + ".vocab.txt", "w", encoding="ascii") as file:
    file.writelines(f"w{i}\n" for i in range(rows))
PYTHON
}
many()
{
    numbers "$1" "$2" && "$w2b" quantize "$tmp/big.npy" -o "$tmp/big.w2b" --bits 1 --method gauss \
        -q -f && "$w2b" verify -q "$tmp/big.w2b" &&
        "$w2b" info "$tmp/big.w2b" --json | grep -q "^  \"words\": $1,\$" &&
        "$w2b" similarity "$tmp/big.w2b" "w$(($1 - 1))" "w$(($1 - 1))" | grep -q '1\.0*$'
    local code=$?
    rm -f "$tmp"/big.*
    return $code
}
expect "more than 2^31 numbers" many 2200000 1000
expect "ten million rows" many 10000000 8

tokens()
{
    yes 'a b c d e f g h' | head -c 8800000000 | "$w2b" vocab - -o "$tmp/words" -q -f &&
        [ "$(awk '{ n += $2 } END { print (n > 2 ^ 32) }' "$tmp/words")" = 1 ]
}
expect "more than 2^32 words of text" tokens
one_line()
{
    yes 'some words' | tr '\n' ' ' | head -c 1073741824 | "$w2b" vocab - -o "$tmp/words" -q -f
}
expect "text in one line of 1 GiB" one_line
long_line()
{
    { echo '1 2'; head -c 1073741824 /dev/zero | tr '\0' x; } >"$tmp/l.vec" &&
        refused "$w2b" info "$tmp/l.vec"
}
expect "vectors with a line of 1 GiB" long_line
finish
