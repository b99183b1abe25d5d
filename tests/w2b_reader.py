#!/usr/bin/env python3
"""Prints a .w2b file as text, from what io/FORMAT.md says alone.

    tests/w2b_reader.py [--vectors] FILE.w2b

A head of seven lines (words, dim, bits, method, unit, metadata, levels), eight
if there are params, then one line a row: the word, in hexadecimal; its count;
its scale, a half float in hexadecimal; its codes, in hexadecimal; "-" for what
the file does not have. With --vectors: one line a row, the word in hexadecimal
and its numbers.

Needs Python 3.7 alone for files without compressed blocks, else the module
zstandard or the command zstd. Checksums are compared where the module xxhash is
installed. Everything else that the format promises is checked.
"""
import functools
import struct
import subprocess
import sys

sys.dont_write_bytecode = True  # the tests leave nothing beside themselves
import w2b_transform

try:
    import xxhash
except ImportError:
    xxhash = None

SHAPE, META, LEVELS, STARTS, MARKS, ROWS, WORDS, COUNTS, SCALES, CODES, PARAMS = range(1, 12)
RAW_ONLY = {SHAPE, META, LEVELS, STARTS, MARKS, ROWS, SCALES, PARAMS}
(FLOAT, GAUSS, UNIFORM, GAUSS_ROTATED, UNIFORM_ROTATED, KMEANS, PQ, OPQ, RABITQ,
 TRANSFORM) = range(10)
WITH_LEVELS = {GAUSS, UNIFORM, GAUSS_ROTATED, UNIFORM_ROTATED, KMEANS}
WITH_SEED = {GAUSS_ROTATED, UNIFORM_ROTATED, RABITQ}


def need(condition, text):
    if not condition:
        sys.exit(f"{sys.argv[0]}: {sys.argv[1]}: {text}")


def checksum(data, wanted, what):
    if xxhash is not None:
        need(xxhash.xxh3_64_intdigest(data) == wanted, f"the checksum of {what} does not match")


def align(offset):
    return (offset + 63) // 64 * 64


def decompress(frame, size):
    try:
        import zstandard
        return zstandard.ZstdDecompressor().decompress(frame, max_output_size=size)
    except ImportError:
        done = subprocess.run(["zstd", "-dc"], input=frame, stdout=subprocess.PIPE, check=True)
        return done.stdout


def read_sections(data):
    """The sections of a file: kind to the list of its blocks, decompressed."""
    need(data[:8] == b"\x89W2B\r\n\x1a\n", "not a .w2b file")
    major, _minor, flags, size, at, length, hashed, zero, head = struct.unpack_from(
        "<HHIQQQQQQ", data, 8)
    checksum(data[:56], head, "the header")
    need(major == 1 and flags == 0 and zero == 0, "a newer version of the format")
    need(size == len(data) and at + length == size, "truncated, or too long")
    checksum(data[at:], hashed, "the directory")
    count, zero = struct.unpack_from("<II", data, at)
    need(zero == 0, "a reserved field is not zero")
    sections, place, directory = {}, 64, at
    at += 8
    for _ in range(count):
        kind, encoding, raw_size, block_size, zero, blocks = struct.unpack_from("<IIQIIQ", data, at)
        need(encoding == 0 and zero == 0, "a section in a form that is not known")
        need(kind not in sections, "a section occurs twice")
        at += 32
        need(blocks <= (len(data) - at) // 24, "the directory ends too early")
        need(not any(data[place:align(place)]), "a byte between sections is not zero")
        place = align(place)
        sections[kind] = []
        for number in range(blocks):
            offset, stored, raw, hashed = struct.unpack_from("<QIIQ", data, at)
            at += 24
            need(offset == place and 0 < stored <= raw <= 1 << 20, "a block that cannot be")
            last = number == blocks - 1
            need(block_size in (0, raw) or (last and raw < block_size), "a block of wrong size")
            block = data[offset:offset + stored]
            checksum(block, hashed, f"block {number} of section {kind}")
            if stored != raw:
                need(kind not in RAW_ONLY, "a section is compressed that may not be")
                block = decompress(block, raw)
            need(len(block) == raw, "a block does not decompress to its size")
            sections[kind].append(block)
            place += stored
        need(sum(map(len, sections[kind])) == raw_size, "blocks do not add up")
    need(not any(data[place:align(place)]) and align(place) == directory, "a gap is not right")
    need(at == len(data), "the directory is longer than its sections")
    return sections


def read_leb(data, at):
    value = shift = 0
    while True:
        need(at < len(data), "a block ends within a number")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def read_words(blocks, words, rows):
    found = []
    for block in blocks:
        lengths, at = [], 0
        for _ in range(min(rows, words - len(found))):
            length, at = read_leb(block, at)
            lengths.append(length)
        for length in lengths:
            found.append(block[at:at + length])
            at += length
        need(at == len(block), "the lengths of words do not add up")
    need(len(found) == words, "words are missing")
    return found


def read_counts(blocks, words, rows):
    found = []
    for block in blocks:
        count = at = 0
        for _ in range(min(rows, words - len(found))):
            folded, at = read_leb(block, at)
            count = (count + (folded >> 1 ^ -(folded & 1))) % (1 << 64)
            found.append(count)
        need(at == len(block), "counts do not fill their block")
    need(len(found) == words, "counts are missing")
    return found


def check_index(sections, words, buckets):
    starts = struct.unpack(f"<{buckets + 1}I", b"".join(sections[STARTS]))
    marks = b"".join(sections[MARKS])
    rows = struct.unpack(f"<{len(words)}I", b"".join(sections[ROWS]))
    need(starts[0] == 0 and starts[-1] == len(words) == len(marks), "the index has a wrong size")
    need(sorted(rows) == list(range(len(words))), "the index does not hold every word once")
    for bucket in range(buckets):
        entries = range(starts[bucket], starts[bucket + 1])
        inside = [rows[e] for e in entries]
        need(inside == sorted(inside), "rows are out of order in a bucket")
        for e in entries if xxhash is not None else ():
            hashed = xxhash.xxh3_64_intdigest(words[rows[e]])
            need((hashed >> 32) * buckets >> 32 == bucket, "a word is in the wrong bucket")
            need(marks[e] == hashed & 255, "a word has the wrong mark")


def mix(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def signs(seed, turn, dim):
    """Which numbers change their sign in one pass of a rotation: 1 or -1 each."""
    golden = 0x9E3779B97F4A7C15
    start = mix((mix((seed + golden) % 2**64) + turn) % 2**64)
    s = [mix((start + (i + 1) * golden) % 2**64) for i in range(4)]
    found = []

    def rotl(x, k):
        return (x << k | x >> 64 - k) % 2**64
    while len(found) < dim:
        bits = rotl(s[1] * 5 % 2**64, 7) * 9 % 2**64
        t = s[1] << 17 & 2**64 - 1
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)
        found += [-1 if bits >> i & 1 else 1 for i in range(64)]
    return found[:dim]


def turn_back(seed, x):
    dim = len(x)
    n = 1 << dim.bit_length() - 1
    for turn in (3, 2, 1, 0):
        first = dim - n if turn % 2 else 0
        half = 1
        while half < n:
            for j in range(first, first + n):
                if (j - first) // half % 2 == 0:
                    x[j], x[j + half] = x[j] + x[j + half], x[j] - x[j + half]
            half *= 2
        x[first:first + n] = [number / n ** .5 for number in x[first:first + n]]
        x = [number * sign for number, sign in zip(x, signs(seed, turn, dim))]
    return x


@functools.lru_cache(maxsize=1)
def transform_of(params, dim, bits):
    return w2b_transform.Params(params, dim, bits)


def vector(row, scale, shape, levels, params):
    """The numbers of one row of codes."""
    _, dim, bits, method, unit, stride = shape
    if bits > 8:
        return list(struct.unpack(f"<{dim}{'e' if bits == 16 else 'f'}", row))
    if method == TRANSFORM:
        return w2b_transform.vector(transform_of(params, dim, bits),
                                    struct.unpack("<e", struct.pack("<H", scale))[0],
                                    struct.unpack(f"<{dim}h", row))
    if method in (PQ, OPQ):
        book = params[-256 * dim:]
        part = [(s + 1) * dim // stride for s in range(stride)]
        code = [row[next(s for s in range(stride) if i < part[s])] for i in range(dim)]
        whole = struct.unpack(f"<{dim}b", bytes(book[256 * i + code[i]] for i in range(dim)))
    else:
        packed = int.from_bytes(row, "little")
        code = [packed >> i * bits & (1 << bits) - 1 for i in range(dim)]
        if method == RABITQ:
            levels = [max(2 * c - 2**bits + 1 if bits < 8 else c - 128, -127)
                      for c in range(2**bits)]
        whole = [levels[c] for c in code]
    factor = struct.unpack("<f", struct.pack("<I", unit))[0]
    factor *= struct.unpack("<e", struct.pack("<H", scale))[0]
    x = [factor * n for n in whole]
    if method in WITH_SEED:
        return turn_back(struct.unpack("<Q", params)[0], x)
    if method == OPQ:
        turn = struct.unpack(f"<{dim * dim}f", params[:4 * dim * dim])
        return [sum(turn[j * dim + i] * x[i] for i in range(dim)) for j in range(dim)]
    return x


def expand(blocks, params, shape, code_rows):
    """Scales, and rows of numbers of 16 bits, of rows that are squeezed."""
    words, dim, bits = shape
    read = w2b_transform.rows(blocks, w2b_transform.Params(params, dim, bits), words, code_rows)
    scales, lines = zip(*((scale, struct.pack(f"<{dim}h", *row)) for scale, row in read))
    return [struct.unpack("<H", struct.pack("<e", scale))[0] for scale in scales], b"".join(lines)


def check_params(method, dim, bits, sections):
    """The bytes of PARAMS, or None."""
    size = {PQ: 4 + 256 * dim, OPQ: 4 * dim * dim + 4 + 256 * dim,
            TRANSFORM: w2b_transform.params_size(dim, bits)}.get(method, 8)
    wanted = method in WITH_SEED or method in (PQ, OPQ, TRANSFORM)
    need((PARAMS in sections) == wanted, "parameters are missing, or should be")
    params = b"".join(sections.get(PARAMS, []))
    need(not wanted or len(params) == size, "parameters of the wrong size")
    return params if wanted else None


def main():
    vectors = sys.argv[1:2] == ["--vectors"]
    if vectors:
        del sys.argv[1]
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        sections = read_sections(file.read())
    (shape,) = sections[SHAPE]
    words, dim, bits, method, unit, stride, code_rows, word_rows, buckets = struct.unpack_from(
        "<QIIIIQIII", shape)
    need(len(shape) == 64 and not any(shape[44:]), "a shape that is not known")
    need(method <= TRANSFORM, "a method that is not known")
    size = (dim * bits + 7) // 8 + (method == RABITQ)
    need(stride == (2 * dim if method == TRANSFORM else size) or
         method in (PQ, OPQ) and (dim + 15) // 16 <= stride < size,
         "a row of the wrong size")
    params = check_params(method, dim, bits, sections)
    need(method == TRANSFORM or
         all(len(block) == code_rows * stride for block in sections[CODES][:-1]),
         "blocks of codes of the wrong size")
    names = read_words(sections[WORDS], words, word_rows)
    counts = read_counts(sections[COUNTS], words, word_rows) if COUNTS in sections else None
    check_index(sections, names, buckets)
    codes = b"".join(sections[CODES])
    scales = levels = None
    if method == TRANSFORM:
        need(SCALES not in sections, "scales where there should be none")
        scales, codes = expand(sections[CODES], params, (words, dim, bits), code_rows)
    elif bits <= 8:
        scales = struct.unpack(f"<{words}H", b"".join(sections[SCALES]))
    need(len(codes) == words * stride, "codes are missing")
    need((LEVELS in sections) == (method in WITH_LEVELS), "levels are missing, or should be")
    if LEVELS in sections:
        levels = struct.unpack(f"<{1 << bits}b", sections[LEVELS][0])
    out = sys.stdout.buffer
    for row, name in enumerate(names if vectors else ()):
        line = codes[row * stride:(row + 1) * stride]
        numbers = vector(line, scales and scales[row], (words, dim, bits, method, unit, stride),
                         levels, params)
        out.write(" ".join([name.hex(), *(f"{x:.7g}" for x in numbers)]).encode() + b"\n")
    if vectors:
        return
    out.write(f"words {words}\ndim {dim}\nbits {bits}\nmethod {method}\nunit {unit:08x}\n".encode())
    out.write(b"metadata " + sections[META][0] + b"\n")
    out.write("".join(["levels", *(f" {level}" for level in levels or ()), "\n"]).encode())
    if params:
        out.write(f"params {params.hex()}\n".encode())
    for row, name in enumerate(names):
        count = counts[row] if counts else "-"
        scale = f"{scales[row]:04x}" if scales else "-"
        line = codes[row * stride:(row + 1) * stride].hex()
        out.write(f"{name.hex()} {count} {scale} {line}\n".encode())


if __name__ == "__main__":
    main()
