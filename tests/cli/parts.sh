#!/usr/bin/env bash
# Words that are not there, asked of a model that has vectors for parts of words.
python3 - <<'PY'
import struct

def entry(word, count):
    return word.encode() + b"\0" + struct.pack("<qb", count, 0)

words, buckets = ["king", "queen", "rat"], 7
rows = [(3, 1, 0), (1, 3, 0), (0, 0, 2)] + [(i % 3, i % 2, 1) for i in range(buckets)]
with open("model.bin", "wb") as file:
    file.write(struct.pack("<ii12id", 793712314, 12, 3, 5, 5, 1, 5, 1, 2, 1, buckets, 2, 3, 100, 0))
    file.write(struct.pack("<iiiqq", len(words), len(words), 0, 100, -1))
    file.write(b"".join(entry(word, 9 - i) for i, word in enumerate(words)))
    for matrix in rows, rows[:3]:
        file.write(struct.pack("<?qq", False, len(matrix), 3))
        file.write(b"".join(struct.pack("<3f", *row) for row in matrix))
PY
w2b info model.bin | head -9
echo "--- vectors"
w2b vector model.bin king kingdom
w2b vector model.bin --npy kingdom.npy kingdom && od -An -tf4 -j128 kingdom.npy
echo "--- neighbors"
w2b neighbors model.bin kingdom quee
w2b neighbors model.bin kingdom - king + 2*quee -k 1
printf 'kingdom\nrat\n' | w2b neighbors model.bin -k 1
w2b neighbors model.bin kingdom -k 1 --json
echo "--- similarity"
w2b similarity model.bin king kingdom
w2b similarity model.bin king queen
printf 'kingdom quee\n' | w2b similarity model.bin --json
echo "--- no parts of it are there"
w2b neighbors model.bin ''; echo "exit $?"
w2b convert model.bin plain.w2b -q
w2b neighbors plain.w2b kingdom; echo "exit $?"
w2b similarity plain.w2b king kingdom; echo "exit $?"
w2b vector plain.w2b kingdom; echo "exit $?"
echo "--- what is lost"
w2b convert model.bin plain.bin
w2b quantize model.bin -o small.w2b --method gauss 2>&1 | tail -1
