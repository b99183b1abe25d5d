#!/usr/bin/env python3
"""Prints a .w2b file as text, from what io/FORMAT.md says alone.

    tests/w2b_reader.py FILE.w2b

A head of seven lines (words, dim, bits, method, unit, metadata, levels), then
one line a row: the word, in hexadecimal; its count; its scale, a half float in
hexadecimal; its codes, in hexadecimal; "-" for what the file does not have.

Needs Python 3.7 alone for files without compressed blocks, else the module
zstandard or the command zstd. Checksums are compared where the module xxhash is
installed. Everything else that the format promises is checked.
"""
import struct
import subprocess
import sys

try:
    import xxhash
except ImportError:
    xxhash = None

SHAPE, META, LEVELS, STARTS, MARKS, ROWS, WORDS, COUNTS, SCALES, CODES = range(1, 11)
RAW_ONLY = {SHAPE, META, LEVELS, STARTS, MARKS, ROWS, SCALES}


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


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        sections = read_sections(file.read())
    (shape,) = sections[SHAPE]
    words, dim, bits, method, unit, stride, code_rows, word_rows, buckets = struct.unpack_from(
        "<QIIIIQIII", shape)
    need(len(shape) == 64 and not any(shape[44:]), "a shape that is not known")
    need(stride == (dim * bits + 7) // 8, "a row of the wrong size")
    need(all(len(block) == code_rows * stride for block in sections[CODES][:-1]),
         "blocks of codes of the wrong size")
    names = read_words(sections[WORDS], words, word_rows)
    counts = read_counts(sections[COUNTS], words, word_rows) if COUNTS in sections else None
    check_index(sections, names, buckets)
    codes = b"".join(sections[CODES])
    need(len(codes) == words * stride, "codes are missing")
    scales = levels = None
    if bits <= 8:
        scales = struct.unpack(f"<{words}H", b"".join(sections[SCALES]))
        levels = struct.unpack(f"<{1 << bits}b", sections[LEVELS][0])
    out = sys.stdout.buffer
    out.write(f"words {words}\ndim {dim}\nbits {bits}\nmethod {method}\nunit {unit:08x}\n".encode())
    out.write(b"metadata " + sections[META][0] + b"\n")
    out.write("".join(["levels", *(f" {level}" for level in levels or ()), "\n"]).encode())
    for row, name in enumerate(names):
        count = counts[row] if counts else "-"
        scale = f"{scales[row]:04x}" if scales else "-"
        line = codes[row * stride:(row + 1) * stride].hex()
        out.write(f"{name.hex()} {count} {scale} {line}\n".encode())


if __name__ == "__main__":
    main()
