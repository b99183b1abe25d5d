#!/usr/bin/env bash
w2b convert "$DATA/tiny.vec" m.w2b -q

# Reads the file as its format is documented, with nothing but Python itself.
show()
{
    python3 - "$1" <<'END'
import ast, struct, sys
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
size = struct.unpack("<H", data[8:10])[0]
assert (10 + size) % 64 == 0 and data[9 + size:10 + size] == b"\n"
head = ast.literal_eval(data[10:10 + size].decode())
rows, dim = head["shape"]
assert len(data) == 10 + size + 4 * rows * dim
print(head["descr"], head["fortran_order"], head["shape"])
for i in range(rows):
    print(*struct.unpack_from(f"<{dim}f", data, 10 + size + 4 * dim * i))
END
}

w2b vector m.w2b king queen
w2b vector m.w2b king queen --npy a.npy && show a.npy
printf 'man woman\nking\n' | w2b vector m.w2b --npy - | cat >b.npy && show b.npy
w2b vector m.w2b --npy none.npy </dev/null && show none.npy
echo "--- an unknown word: no file"
w2b vector m.w2b king queeen --npy c.npy; echo "exit $?"
echo "--- an existing file"
w2b vector m.w2b man --npy a.npy; echo "exit $?"
w2b vector m.w2b man --npy a.npy -f && show a.npy
w2b vector m.w2b man --npy a.npy --json; echo "exit $?"
ls
