"""FAISS at equal bytes, next to tests/bench/search.c, and the recall of both.

usage: faiss_peers.py SEARCH W2B [MIB]

SEARCH is the bench program. All by one thread, in processor time; of single
questions the best of some.
"""
import os
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

DIM = 304  # whole bytes at 1 bit, and groups of 4 for product codes
BATCH = 50
RECALL_ROWS = 30000
RECALL_QUESTIONS = 100
SEED = 1


def timed(index, queries):
    """Nanoseconds a row, of one question and of a batch."""
    single = batch = 1e9
    for i in range(3):
        begin = time.process_time()
        index.search(queries[i:i + 1], 10)
        single = min(single, time.process_time() - begin)
    begin = time.process_time()
    index.search(queries[:BATCH], 10)
    batch = (time.process_time() - begin) / BATCH
    return single / index.ntotal * 1e9, batch / index.ntotal * 1e9


def filled(index, rows, sample):
    """The speed does not depend on what the rows are."""
    index.train(sample)
    while index.ntotal < rows:
        index.add(sample[:min(len(sample), rows - index.ntotal)])
    return index


def indexes(faiss, np, mib, sample):
    kinds = faiss.ScalarQuantizer
    size = mib << 20
    binary = faiss.IndexBinaryFlat(DIM)
    rng = np.random.default_rng(SEED)
    binary.add(rng.integers(0, 256, (size // (DIM // 8), DIM // 8), dtype=np.uint8))
    yield 1, "IndexBinaryFlat", binary, rng.integers(0, 256, (BATCH, DIM // 8), dtype=np.uint8)
    if hasattr(faiss, "IndexPQFastScan"):
        product = faiss.IndexPQFastScan(DIM, DIM // 4, 4, faiss.METRIC_INNER_PRODUCT)
        yield 1, "IndexPQFastScan", filled(product, len(sample), sample), sample
    for bits, name, kind in ((4, "SQ4", kinds.QT_4bit), (8, "SQ8", kinds.QT_8bit)):
        index = faiss.IndexScalarQuantizer(DIM, kind, faiss.METRIC_INNER_PRODUCT)
        yield bits, name, filled(index, size // (DIM * bits // 8), sample), sample


def ours(search, mib):
    out = subprocess.run([search, str(mib), str(DIM), "1", "4", "8"], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    lines = [line.split("\t") for line in out.splitlines()[1:]]
    return {int(f[0]): (float(f[3]), float(f[8])) for f in lines}


def overlap(a, b):
    return sum(len(set(x) & set(y)) for x, y in zip(a, b)) / (10 * len(a))


def recall(faiss, np, w2b):
    """Of the true 10 nearest by cosine: rows in a space of fewer dimensions, and
    noise, which is nearer to word vectors than noise alone."""
    rng = np.random.default_rng(SEED)
    rows = rng.standard_normal((RECALL_ROWS, 60), dtype=np.float32) @ \
        rng.standard_normal((60, DIM), dtype=np.float32)
    rows += 2 * rng.standard_normal(rows.shape, dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    asked = rows[:RECALL_QUESTIONS]
    cosines = asked @ rows.T
    np.fill_diagonal(cosines, -2)
    true = np.argsort(-cosines, axis=1)[:, :10]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.bin")
        with open(path, "wb") as file:
            file.write(b"%d %d\n" % rows.shape)
            for i, row in enumerate(rows):
                file.write(b"%d " % i + row.tobytes() + b"\n")
        words = "".join(f"{i}\n" for i in range(RECALL_QUESTIONS))
        for bits in (1, 2, 4, 8):
            model = os.path.join(folder, f"{bits}.w2b")
            subprocess.run([w2b, "quantize", "-q", path, "-o", model, "--bits", str(bits)],
                           check=True)
            out = subprocess.run([w2b, "neighbors", model, "-k", "10"], input=words, check=True,
                                 stdout=subprocess.PIPE, text=True).stdout
            hits = [[] for _ in range(RECALL_QUESTIONS)]
            for line in out.splitlines():
                question, word = line.split("\t")[:2]
                hits[int(question)].append(int(word))
            found[f"w2b {bits} bits"] = overlap(hits, true)
    if faiss:
        kinds = faiss.ScalarQuantizer
        for name, kind in (("FAISS SQ4", kinds.QT_4bit), ("FAISS SQ8", kinds.QT_8bit)):
            index = faiss.IndexScalarQuantizer(DIM, kind, faiss.METRIC_INNER_PRODUCT)
            index.train(rows)
            index.add(rows)
            hits = [[j for j in line if j != i][:10]
                    for i, line in enumerate(index.search(asked, 11)[1])]
            found[name] = overlap(hits, true)
    print("recall of the 10 nearest: " +
          ", ".join(f"{name} {100 * share:.0f}%" for name, share in found.items()))


def main():
    search, w2b = sys.argv[1:3]
    mib = int(sys.argv[3]) if len(sys.argv) > 3 else 64
    try:
        import numpy as np
    except ImportError:
        print("skip: numpy is not installed for this python3")
        return
    try:
        import faiss
    except ImportError:
        faiss = None
        print("skip: FAISS is not installed for this python3")
    if faiss:
        faiss.omp_set_num_threads(1)
        options = getattr(faiss, "get_compile_options", lambda: "unknown")()
        print(f"FAISS {faiss.__version__}, compiled: {options.strip()}")
        rates = ours(search, mib)
        sample = np.random.default_rng(SEED).standard_normal((20000, DIM), dtype=np.float32)
        print("bits\tindex\tns a row\tbatch\tw2b\tbatch\ttimes\tbatch")
        for bits, name, index, queries in indexes(faiss, np, mib, sample):
            single, batch = timed(index, queries)
            one, many = rates[bits]
            print(f"{bits}\t{name}\t{single:.2f}\t{batch:.2f}\t{one:.2f}\t{many:.3f}\t"
                  f"{single / one:.1f}\t{batch / many:.1f}", flush=True)
    recall(faiss, np, w2b)


if __name__ == "__main__":
    main()
