"""All questions of the Google set by gensim and by w2b, on the same vectors.

usage: analogies.py W2B VECTORS.bin QUESTIONS

Both answer over all words, each question's own words left out. One thread each,
in turn, in processor time.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"


def children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    w2b, vectors, questions = sys.argv[1:4]
    try:
        from gensim.models import KeyedVectors
    except ImportError:
        print("skip: gensim is not installed for this python3")
        return
    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, "model.w2b")
        subprocess.run([w2b, "convert", "-q", vectors, model], check=True)
        begin = children()
        out = subprocess.run([w2b, "eval", model, questions, "--json", "--threads", "1"],
                             check=True, stdout=subprocess.PIPE).stdout
        ours = children() - begin
        found = json.loads(out)["sets"][0]
    keyed = KeyedVectors.load_word2vec_format(vectors, binary=True)
    keyed.fill_norms()
    begin = time.process_time()
    score, _ = keyed.evaluate_word_analogies(questions, restrict_vocab=len(keyed))
    theirs = time.process_time() - begin
    share = found["correct"] / found["used"]
    print(f"{found['used']} questions on {len(keyed)} words: gensim {theirs:.1f} s "
          f"({100 * score:.2f}%), w2b {ours:.2f} s ({100 * share:.2f}%) as a whole command: "
          f"{theirs / ours:.0f} times")


if __name__ == "__main__":
    main()
