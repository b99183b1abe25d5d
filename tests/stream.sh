#!/usr/bin/env bash
# Vectors that come by as text are quantized in bounded memory, to the same bytes by
# any number of threads, from a file or a pipe.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/expect.bash
. tests/expect.bash
w2b=$(realpath "${W2B:-./w2b}") || exit 1
export OMP_WAIT_POLICY=passive

# rows N DIM: word2vec text, each row the same numbers behind its own word.
rows()
{
    local row
    row=$(awk -v d="$2" 'BEGIN { for (j = 0; j < d; j++) { s = (s * 25173 + 13849) % 65536
        printf " %.5f", s / 65536 - 0.5 } }')
    echo "$1 $2"
    seq "$1" | sed "s/\$/$row/"
}

# peak COMMAND...: its largest resident set in MiB.
peak()
{
    python3 -c '
import os, sys
pid = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
print(used.ru_maxrss // 1024)
sys.exit(status != 0)' "$@"
}

# 229 MiB as floats. What is needed: 64 MiB of rows to choose by, two blocks of text,
# codes, words; 95 MiB by measurement, with every method that reads once.
bounded()
{
    local most
    most=$(rows 200000 300 | peak "$w2b" quantize - -o "$tmp/big.w2b" -f -q --bits 2 \
        --threads 2 "$@") || return 1
    [ "$most" -lt 180 ] || { echo "$most MiB"; return 1; }
}
if [ -z "${SAN-}" ]; then
    expect "memory to quantize 200,000 rows" bounded
    expect "memory to quantize 200,000 rows to floats of 16 bits" bounded --limit 60K --bits 16
fi

rows 3000 70 | awk 'NR > 1 { for (i = 2; i <= NF; i++) $i = $i * (1 + (NR * i) % 17) } 1' \
    >"$tmp/v.vec"
same()
{
    "$w2b" quantize "$tmp/v.vec" -o "$tmp/one.w2b" -f -q --threads 1 "$@" || return 1
    "$w2b" quantize - -o "$tmp/two.w2b" -f -q --threads 2 "$@" <"$tmp/v.vec" || return 1
    cmp "$tmp/one.w2b" "$tmp/two.w2b"
}
for method in gauss uniform gauss-rotated kmeans rabitq pq transform; do
    expect "the same bytes: $method" same --bits 2 --method $method
done
expect "the same bytes: the default" same
finish
