"""Rows of the method transform, from what section 2.7 of io/FORMAT.md says alone."""

import struct

TABLES = 1 + 16 + 128


def need(condition, text):
    if not condition:
        raise SystemExit(text)


def params_size(dim, bits):
    return 8 + 30 * TABLES + 2 * dim + dim * (dim + 1) // 2 * (1 if bits < 5 else 2)


def components(dim, directions):
    """Columns of the product of all reflections."""
    columns = []
    begin = len(directions)
    for k in reversed(range(dim)):
        begin -= dim - k
        d = directions[begin:begin + dim - k]
        normal = None
        if any(d[1:]):
            length = sum(x * x for x in d) ** 0.5
            normal = [x / length for x in d]
            normal[0] += 1 if d[0] > 0 else -1
            square = sum(x * x for x in normal)
        column = [0.0] * dim
        column[k] = 1.0
        columns.insert(0, column)
        for c in columns if normal else ():
            dot = 2 * sum(a * b for a, b in zip(c[k:], normal)) / square
            c[k:] = [a - dot * b for a, b in zip(c[k:], normal)]
    return columns


class Params:
    def __init__(self, raw, dim, bits):
        self.step = struct.unpack_from("<f", raw)[0]
        begins = struct.iter_unpack("<15H", raw[8:8 + 30 * TABLES])
        tables = [(0, *begin, 32768) for begin in begins]
        for table in tables:
            need(all(a < b for a, b in zip(table, table[1:])), "a table does not rise")
        self.high, self.low, self.rank = tables[0], tables[1:17], tables[17:]
        at = 8 + 30 * TABLES
        self.spread = struct.unpack_from(f"<{dim}h", raw, at)
        n = dim * (dim + 1) // 2
        directions = struct.unpack_from(f"<{n}{'b' if bits < 5 else 'h'}", raw, at + 2 * dim)
        self.components = components(dim, directions)


class Stream:
    def __init__(self, block):
        need(len(block) >= 4, "a block that is too short")
        self.block, self.at = block, 4
        self.x = struct.unpack_from("<I", block)[0]
        need(self.x >= 1 << 16, "a state that is too small")

    def fill(self):
        if self.x < 1 << 16:
            need(self.at + 2 <= len(self.block), "a block ends too early")
            self.x = self.x << 16 | struct.unpack_from("<H", self.block, self.at)[0]
            self.at += 2

    def symbol(self, table):
        p = self.x % 32768
        s = max(i for i in range(16) if table[i] <= p)
        self.x = (table[s + 1] - table[s]) * (self.x >> 15) + p - table[s]
        self.fill()
        return s

    def bits(self, n):
        value = self.x % (1 << n)
        self.x >>= n
        self.fill()
        return value


def read_number(stream, params, klass, t):
    q = t >> 1 & 1
    v = 0 if klass < 25 else (klass - 21) // 4
    s = stream.symbol(params.rank[2 * klass + q])
    if s == 15:
        n = stream.bits(5)
        need(n <= 13, "a number that is too long")
        s = 14 + (1 << n) + stream.bits(n)
    r = (s << v) + stream.bits(v)
    need(r <= 16383, "a rank that is too large")
    number = 2 * r - (q if r else 0)
    if r and stream.bits(1):
        number = -number
    return number, (2 * t) % 8 + (r + t + t // 4) % 2


def read_row(stream, params):
    """The gain and the whole numbers of one row."""
    high = stream.symbol(params.high)
    low = stream.symbol(params.low[high])
    need(low < 8, "a gain that cannot be")
    gain, t, numbers = 8 * high + low, 0, []
    for spread in params.spread:
        klass = 0 if gain == 0 or spread == -32768 else min(max((spread + gain + 36) // 8, 0), 63)
        number = 0
        if klass:
            number, t = read_number(stream, params, klass, t)
        numbers.append(number)
    need(sum(n * n for n in numbers) < 1 << 30, "a row that is too long")
    return gain, numbers


def scale_of(gain):
    scale = 2 ** (7 * (gain - 64) / 32) if gain else 0.0
    return struct.unpack("<e", struct.pack("<e", scale))[0]


def rows(blocks, params, words, code_rows):
    """Each row's scale and whole numbers."""
    for b, block in enumerate(blocks):
        stream = Stream(block)
        for _ in range(min(code_rows, words - b * code_rows)):
            gain, numbers = read_row(stream, params)
            yield scale_of(gain), numbers
        need(stream.at == len(block) and stream.x == 1 << 16, "a block that goes on")


def vector(params, scale, numbers):
    x = [0.0] * len(numbers)
    for number, component in zip(numbers, params.components):
        if number:
            x = [a + params.step * scale * number * b for a, b in zip(x, component)]
    return x
