#!/usr/bin/env python3
"""What the methods of `w2b quantize` lose, beside FAISS in as many bytes.

    tests/quality/methods.py VECTORS [-o OUT.csv] [--methods A,B] [--bits 1,2] [--no-faiss]

VECTORS is a file of word2vec (binary). Each row of OUT.csv is a coded copy of it:
squared error (sum |x - x'|^2 / sum |x|^2), mean cosine of a row before and
after, and recall at 10: of the ten rows whose vectors are nearest to a vector by
cosine, the part that is also among the ten nearest decoded ones, over 1,000
seeded queries. times_bound is the squared error over that of the best code of as
many bytes there can be for normal vectors of the file's covariance (reverse
water-filling). FAISS gets exactly the bytes that w2b needs with its scales, by
vectors padded with zeros where they cannot be divided evenly, and both learn
from 16,384 rows at the most. Rows of FAISS are left out where its Python module
is not installed.
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

    def measure(self, decoded, size):
        error = ((self.rows - decoded) ** 2).sum(dtype=float) / (self.rows ** 2).sum(dtype=float)
        units = unit(decoded)
        cosine = (self.units * units).sum(axis=1).mean(dtype=float)
        found = nearest(self.units[self.own], units, self.own)
        recall = np.mean([len(a & b) / NEAREST for a, b in zip(self.truth, found)])
        bound = gaussian_bound(self.spectrum, 8 * size) / self.energy
        return [f"{error:.6f}", f"{error / bound:.3f}", f"{cosine:.5f}", f"{recall:.4f}"]


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
    wide = np.zeros((len(rows), padded), np.float32)
    wide[:, :rows.shape[1]] = rows
    index = faiss.index_factory(padded, factory)
    rng = np.random.default_rng(2)
    index.train(wide[rng.permutation(len(wide))[:LEARNED]])
    codes = index.sa_encode(wide)
    return codes.shape[1], index.sa_decode(codes)[:, :rows.shape[1]]


def peers(dim, bits):
    """The factory strings of FAISS for the bytes of a row at some bits, and how wide rows are."""
    size = (dim * bits + 7) // 8 + 2
    wide = -(-dim // size) * size
    yield "pq", f"PQ{size}", wide
    yield "opq", f"OPQ{size},PQ{size}", wide
    if bits in (4, 8):
        yield "sq", f"SQ{bits}", dim


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vectors")
    parser.add_argument("-o", "--output", default="-")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--bits", default="1,2,3,4")
    parser.add_argument("--no-faiss", action="store_true")
    args = parser.parse_args()
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
                     "recall_at_10".split())
        for bits in map(int, args.bits.split(",")):
            for method in filter(None, args.methods.split(",")):
                size, decoded = coded_by_w2b(args.vectors, method, bits, folder)
                out.writerow(["w2b", method, bits, size, *judge.measure(decoded, size)])
                file.flush()
            if faiss is None or args.no_faiss:
                continue
            for method, factory, wide in peers(judge.rows.shape[1], bits):
                size, decoded = coded_by_faiss(faiss, judge.rows, factory, wide)
                out.writerow(["faiss", method, bits, size, *judge.measure(decoded, size)])
                file.flush()


main()
