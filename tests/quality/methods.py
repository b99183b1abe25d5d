#!/usr/bin/env python3
"""What the methods of `w2b quantize` lose, beside FAISS in as many bytes.

    tests/quality/methods.py VECTORS [-o OUT.csv] [--methods A,B] [--bits 1,2] [--no-faiss]
                             [--no-paper]
    tests/quality/methods.py OUT.csv --table    # for the README

VECTORS is a file of word2vec (binary). Each row of OUT.csv is a coded copy of it:
squared error (sum |x - x'|^2 / sum |x|^2), mean cosine of a row before and
after, and recall at 10: of the ten rows whose vectors are nearest to a vector by
cosine, the part that is also among the ten nearest decoded ones, over 1,000
seeded queries. times_bound is the squared error over that of the best code of as
many bytes there can be for normal vectors of the file's covariance (reverse
water-filling). FAISS gets exactly the bytes that w2b needs with its scales, by
vectors padded with zeros where they cannot be divided evenly, and both learn
from 16,384 rows at the most. Its scalar quantizers have 4, 6 and 8 bits; sq-unit
is of rows of length 1, their lengths kept apart in two bytes, as w2b has them. Rows
of FAISS are left out where its Python module is not installed.

`paper` is RaBitQ as its authors describe it (Gao et al. 2025, arXiv 2409.09913,
section 3): each row turned by a random matrix gets the best of all codes there
are, found by a walk through every factor at which a code changes.
product_error is the error of the estimated product of two unit vectors that 999
of 1,000 pairs stay below, times 2^bits * sqrt(numbers a row): the paper's curve is
5.75 for any number of bits.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

QUERIES, NEAREST, LEARNED = 1000, 10, 16384
PAIRS_STEP, PAIRS_PART = 8, 0.999
METHODS = "gauss gauss-rotated uniform uniform-rotated kmeans rabitq pq opq transform".split()


def read_vectors(path):
    with open(path, "rb") as file:
        data = file.read()
    at = data.index(b"\n")
    rows, dim = map(int, data[:at].split())
    found = np.empty((rows, dim), np.float32)
    at += 1
    for row in range(rows):
        at = data.index(b" ", at) + 1
        found[row] = np.frombuffer(data, "<f4", dim, at)
        at += 4 * dim
    return found


def unit(rows):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def gaussian_bound(spectrum, bits):
    """The squared error of normal vectors of that spectrum at so many bits each."""
    low, high = 0.0, spectrum.max()
    for _ in range(100):
        level = (low + high) / 2
        if np.log2(np.maximum(spectrum / level, 1)).sum() / 2 > bits:
            low = level
        else:
            high = level
    return np.minimum(spectrum, high).sum()


def nearest(queries, rows, own):
    found = []
    for first in range(0, len(queries), 100):
        scores = queries[first:first + 100] @ rows.T
        part = own[first:first + 100]
        scores[np.arange(len(part)), part] = -np.inf
        found += [set(best) for best in np.argpartition(-scores, NEAREST, axis=1)[:, :NEAREST]]
    return found


class Judge:
    """What a decoded copy is measured against."""

    def __init__(self, path):
        self.rows = read_vectors(path)
        self.units = unit(self.rows)
        wide = self.rows.astype(float)
        self.spectrum = np.linalg.eigvalsh(np.cov(wide.T, bias=True))
        self.energy = (wide ** 2).sum() / len(wide)
        rng = np.random.default_rng(1)
        self.own = np.sort(rng.choice(len(self.rows), min(QUERIES, len(self.rows)), replace=False))
        self.truth = nearest(self.units[self.own], self.units, self.own)

    def product_error(self, decoded, bits, unbiased):
        """As the paper scales it; `decoded` are the rows before they are made unit vectors."""
        rows = slice(None, None, PAIRS_STEP)
        kept = np.maximum(np.linalg.norm(self.rows[rows], axis=1, keepdims=True), 1e-30)
        guess = decoded[rows] / kept
        if unbiased:
            # Bytes keep the cosine of rows and codes, to a 256th.
            cosine = (unit(decoded[rows]) * self.units[rows]).sum(axis=1, keepdims=True)
            guess = unit(decoded[rows]) / (np.round(np.clip(cosine, 1 / 256, 1) * 256) / 256)
        miss = np.abs(self.units[self.own] @ (guess - self.units[rows]).T)
        miss[self.own[:, None] == np.arange(len(self.rows))[rows]] = 0
        return np.quantile(miss, PAIRS_PART) * 2.0 ** bits * np.sqrt(self.rows.shape[1])

    def measure(self, decoded, size, bits, unbiased=False):
        error = ((self.rows - decoded) ** 2).sum(dtype=float) / (self.rows ** 2).sum(dtype=float)
        units = unit(decoded)
        cosine = (self.units * units).sum(axis=1).mean(dtype=float)
        found = nearest(self.units[self.own], units, self.own)
        recall = np.mean([len(a & b) / NEAREST for a, b in zip(self.truth, found)])
        bound = gaussian_bound(self.spectrum, 8 * size) / self.energy
        product = self.product_error(decoded, bits, unbiased)
        return [f"{error:.6f}", f"{error / bound:.3f}", f"{cosine:.5f}", f"{recall:.4f}",
                f"{product:.3f}"]


def coded_by_w2b(path, method, bits, folder):
    w2b = os.environ.get("W2B", "./w2b")
    coded, back = os.path.join(folder, "coded.w2b"), os.path.join(folder, "back.bin")
    subprocess.run([w2b, "quantize", path, "-q", "-f", "-o", coded, "--bits", str(bits),
                    "--method", method], check=True)
    subprocess.run([w2b, "convert", "-q", "-f", coded, back], check=True)
    info = json.loads(subprocess.run([w2b, "info", "--json", coded], check=True,
                                     stdout=subprocess.PIPE).stdout)
    return round(info["bytes_per_word"]), read_vectors(back)


def coded_by_faiss(faiss, rows, factory, padded):
    if factory.startswith("unit "):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True).astype(np.float16)
        size, decoded = coded_by_faiss(faiss, unit(rows), factory[5:], padded)
        return size + 2, decoded * lengths.astype(np.float32)
    wide = np.zeros((len(rows), padded), np.float32)
    wide[:, :rows.shape[1]] = rows
    index = faiss.index_factory(padded, factory)
    rng = np.random.default_rng(2)
    index.train(wide[rng.permutation(len(wide))[:LEARNED]])
    codes = index.sa_encode(wide)
    return codes.shape[1], index.sa_decode(codes)[:, :rows.shape[1]]


def peers(dim, bits):
    """The factory strings of FAISS for the bytes of a row at some bits, and how wide rows are.
    "np" leaves out a renumbering of centroids, which takes minutes and changes no error."""
    size = (dim * bits + 7) // 8 + 2
    wide = -(-dim // size) * size
    yield "pq", f"PQ{size}np", wide
    yield "opq", f"OPQ{size},PQ{size}np", wide
    if bits in (4, 6, 8):
        yield "sq", f"SQ{bits}", dim
        yield "sq-unit", f"unit SQ{bits}", dim


def best_codes(rows, bits):
    """For each row that of {+-1/2, +-3/2, ...}^dim with the largest cosine: all factors at
    which a number of the row steps to the next level, in order."""
    steps = np.arange(1, 2 ** (bits - 1))
    size = np.abs(rows).astype(float)
    if not len(steps):
        return np.where(rows >= 0, 0.5, -0.5)
    at = (steps / np.maximum(size, 1e-30)[:, :, None]).reshape(len(rows), -1)
    order = np.argsort(at, axis=1, kind="stable")
    number, step = order // len(steps), steps[order % len(steps)]
    products = size.sum(axis=1, keepdims=True) / 2 + np.cumsum(
        np.take_along_axis(size, number, axis=1), axis=1)
    squares = size.shape[1] / 4 + np.cumsum(2 * step, axis=1)
    best = np.argmax(products / np.sqrt(squares), axis=1)
    factor = np.take_along_axis(np.take_along_axis(at, order, axis=1), best[:, None], axis=1)
    whole = np.minimum((size * (factor * (1 + 1e-12))).astype(int), steps[-1]) + 0.5
    return np.where(rows >= 0, whole, -whole)


def coded_by_paper(rows, bits):
    rng = np.random.default_rng(3)
    turn, signs = np.linalg.qr(rng.normal(size=(rows.shape[1], rows.shape[1])))
    turn = (turn * np.sign(np.diag(signs))).astype(np.float32)
    decoded = np.empty_like(rows)
    for first in range(0, len(rows), 1000):
        turned = rows[first:first + 1000] @ turn
        codes = best_codes(turned, bits)
        scale = (turned * codes).sum(axis=1, keepdims=True) / (codes ** 2).sum(1, keepdims=True)
        decoded[first:first + 1000] = (scale * codes).astype(np.float32) @ turn.T
    # A scale of two bytes and a cosine of one, as w2b has them.
    return (rows.shape[1] * bits + 7) // 8 + 3, decoded


def print_table(path):
    """As Markdown: squared error / recall at 10 of what is compared, by bytes a word."""
    columns = [("w2b", name) for name in "gauss rabitq pq opq transform".split()]
    columns += [("faiss", name) for name in "sq-unit pq opq".split()] + [("paper", "rabitq")]
    titles = {"faiss": "FAISS ", "paper": "the paper's ", "w2b": ""}
    cells = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            error, recall = float(row["squared_error"]), float(row["recall_at_10"])
            digits = 3 if error >= 0.01 else 4
            text = f"{error:.{digits}f} / {recall:.3f}".replace("0.", ".")
            cells[row["program"], row["method"], int(row["bits"])] = text
    print("| bits | " + " | ".join(titles[program] + (f"`{name}`" if program == "w2b" else
                                                      name.replace("pq", "PQ").replace("oPQ", "OPQ")
                                                      .replace("sq-unit", "SQ")
                                                      .replace("rabitq", "RaBitQ"))
                                   for program, name in columns) + " |")
    print("| --- |" + " --- |" * len(columns))
    for bits in sorted({key[2] for key in cells if key[2] <= 4}):
        best = min((cells[key] for key in cells if key[2] == bits and (key[0], key[1]) in columns),
                   key=lambda text: float(text.split(" ")[0]))
        print(f"| {bits} | " + " | ".join(
            f"**{text}**" if text == best else text
            for text in (cells.get((*column, bits), "none") for column in columns)) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vectors")
    parser.add_argument("-o", "--output", default="-")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--bits", default="1,2,3,4")
    parser.add_argument("--no-faiss", action="store_true")
    parser.add_argument("--no-paper", action="store_true")
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    if args.table:
        print_table(args.vectors)
        return
    try:
        import faiss
    except ImportError:
        faiss = None
        print("methods.py: no rows of FAISS, which is not installed", file=sys.stderr)
    judge = Judge(args.vectors)
    # Not closed: the last that happens.
    file = sys.stdout if args.output == "-" else open(args.output, "w", newline="")
    with tempfile.TemporaryDirectory() as folder:
        out = csv.writer(file, lineterminator="\n")
        out.writerow("program method bits bytes_per_word squared_error times_bound mean_cosine "
                     "recall_at_10 product_error".split())
        for bits in map(int, args.bits.split(",")):
            for method in filter(None, args.methods.split(",")):
                size, decoded = coded_by_w2b(args.vectors, method, bits, folder)
                out.writerow(["w2b", method, bits, size,
                              *judge.measure(decoded, size, bits, method == "rabitq")])
                file.flush()
            if not args.no_paper:
                size, decoded = coded_by_paper(judge.rows, bits)
                out.writerow(["paper", "rabitq", bits, size,
                              *judge.measure(decoded, size, bits, True)])
                file.flush()
            if faiss is None or args.no_faiss:
                continue
            for method, factory, wide in peers(judge.rows.shape[1], bits):
                size, decoded = coded_by_faiss(faiss, judge.rows, factory, wide)
                out.writerow(["faiss", method, bits, size,
                              *judge.measure(decoded, size, bits)])
                file.flush()


main()
