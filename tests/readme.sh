#!/usr/bin/env bash
# README.md is believed only as far as it runs: every ./w2b line of its indented
# blocks works, in order, on a small text with files of the names used there; its
# table has the commands that the program has; its make targets and files exist.
# Closes with: N passed, N failed.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C

top=$PWD
w2b=$(realpath "${W2B:-./w2b}") || exit 1
gen=${GEN:-.build/gen}
# shellcheck source=tests/expect.bash
. tests/expect.bash

# The files that the README's reader is supposed to have.
prepare()
{
    mkdir "$tmp/run" && ln -s "$w2b" "$tmp/run/w2b" && ln -s "$top/data" "$tmp/run/data" &&
        "$gen" --words 150K -o "$tmp/text.txt" &&
        zstd -q "$tmp/text.txt" -o "$tmp/run/text.txt.zst" &&
        "$gen" --analogies -o "$tmp/run/questions-words.txt" &&
        "$gen" --pairs -o "$tmp/run/EN-WS-353-SIM.txt" &&
        printf '%s\t1\n' france king cat >"$tmp/run/words.txt" &&
        "$w2b" train -q "$tmp/text.txt" -o "$tmp/floats.w2b" --dim 16 --bits 32 --epochs 1 &&
        "$w2b" convert -q "$tmp/floats.w2b" "$tmp/run/vectors.bin" --to word2vec-binary
}
expect "the files to run it on" prepare
cd "$tmp/run" || exit 1

lines=0
while IFS= read -r line; do
    lines=$((lines + 1))
    expect "README: $line" bash -o pipefail -c "$line"
done < <(sed -n 's/^    \(.*\.\/w2b .*\)$/\1/p' "$top/README.md")
expect "README.md has lines that run" test "$lines" -ge 10
cd "$top" || exit 1

# named PATTERN: what README.md has of it, without what stands before the last ` or blank
named()
{
    grep -o -- "$1" README.md | sed 's/.*[`( ]//' | sort -u
}

# The first column of the table of commands, but not its head; help and version
# are no rows of it.
sed -n '/^## Commands/,/^## [^C]/s/^| [^a-z-]\([^|]*\) |.*/\1/p' README.md |
    grep -o '[a-z][a-z-]*' | sort >"$tmp/said"
"$w2b" __generate commands | sort >"$tmp/there"
expect "the README's table has the commands that exist" diff "$tmp/said" "$tmp/there"

while IFS= read -r target; do
    expect "make $target exists" grep -q "^$target:" Makefile
done < <(named '\(`\|^    \)make [a-z-]*')
while IFS= read -r file; do
    expect "$file exists" test -e "$file"
done < <(named '[`(][a-z2]*/[A-Za-z0-9_./-]*')

finish
