#!/usr/bin/env bash
# What is whole of a damaged file; a file that is changed or cut while it is used.
awk 'BEGIN { print "300 2048"; for (i = 0; i < 300; i++) { printf "w%d", i
    for (j = 0; j < 2048; j++) printf " %d", (s = (s * 1103 + 12345) % 65536) / 64 - 512
    print "" } }' >big.vec
w2b quantize big.vec -o m.w2b --bits 8 --method gauss -q
# Codes stand before the scales and the directory: a byte in the middle is one of them.
size=$(wc -c <m.w2b)
cp m.w2b bad.w2b
byte=$(od -An -tu1 -j $((size / 2)) -N 1 m.w2b)
printf '%b' "\\x$(printf %02x $((byte ^ 1)))" |
    dd of=bad.w2b bs=1 seek=$((size / 2)) conv=notrunc status=none
w2b verify bad.w2b 2>err; echo "exit $?, $(sed 's/.*block/block/' err | cut -c 1-8)"
w2b verify bad.w2b --repair whole.w2b >lost; echo "exit $?"
grep -c '^lost: rows' lost
w2b verify whole.w2b
w2b info whole.w2b --json | grep -q '"words": 300' || echo "some are lost"
w2b verify bad.w2b --repair whole.w2b; echo "exit $?"
w2b verify bad.w2b --repair whole.w2b -f -q; echo "exit $?"
w2b verify bad.w2b m.w2b --repair other.w2b; echo "exit $?"
head -c $((size - 1)) m.w2b >short.w2b
w2b verify short.w2b --repair other.w2b 2>err; echo "exit $?, $(wc -l <err) line"
ls other.w2b 2>&1
echo "--- answers of a file that changes in between"
# ask COMMAND...: one question, then the command, then another question.
ask()
{
    cp m.w2b used.w2b
    coproc w2b neighbors used.w2b -k 1 2>err
    local work=$COPROC_PID in=${COPROC[0]} out=${COPROC[1]}
    echo w7 >&"$out"
    read -r answer <&"$in" && echo "${answer:+one answer}"
    "$@"
    echo w8 >&"$out"
    exec {out}>&-
    read -r answer <&"$in" && echo "another"
    wait "$work"
    echo "exit $?"
    sed "s,$PWD/,," err
}
ask true
ask mv used.w2b renamed.w2b
ask touch -d '2001-02-03' used.w2b
ask truncate -s 0 used.w2b
ask truncate -s 4096 used.w2b
