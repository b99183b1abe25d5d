#!/usr/bin/env python3
"""Flips bits of model files, and looks at what commands say of them.

    tests/fault/flip.py [--times N] [--verify N] [--seed N]

A command with a file that has one bit flipped either prints what it prints of the file that is
whole, and exits with 0, or it exits with 1 and a message: never another answer, never that a word
is unknown. `verify` finds every flipped bit: each one of a small file, N random ones of a larger.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli", "data")
W2B = os.path.abspath(os.environ.get("W2B", "./w2b"))
COMMANDS = [
    "verify FILE", "info FILE", "info FILE --json", "neighbors FILE w3 w77 w150 -k 5",
    "neighbors FILE w9 - w8 + w101 -k 3 --json", "analogy FILE w1 w2 w3", "vector FILE w0 w140",
    "similarity FILE w5 w120", "odd FILE w1 w2 w150", "mean FILE w3 w4 --neighbors",
    "convert FILE - --to word2vec-text -q", "quantize FILE -o - --bits 1 -q", "eval FILE PAIRS",
    "neighbors FILE --prefix w1 w20 -k 4", "map FILE -o - --to svg -q --iterations 3",
]


def run(words, folder):
    """(exit code, standard output, standard error)"""
    env = dict(os.environ, OMP_WAIT_POLICY="passive", LC_ALL="C")
    done = subprocess.run([W2B, *words], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def make_files(folder, some):
    """Vectors in several methods; names of the files."""
    with open(os.path.join(folder, "v.vec"), "w", encoding="ascii") as file:
        file.write("160 40\n")
        for i in range(160):
            file.write(f"w{i} " + " ".join(f"{some.gauss(0, 1):.3f}" for _ in range(40)) + "\n")
    with open(os.path.join(folder, "PAIRS"), "w", encoding="ascii") as file:
        for i in range(0, 150, 3):
            file.write(f"w{i} w{i + 1} {some.random() * 10:.1f}\n")
    text = " ".join(run(["help", "quantize"], folder)[1].decode().split())
    methods = re.search(r"--method \w+ .*?One of: (.*?)\. ", text).group(1)
    names = []
    for method in re.split(r", | or ", methods):
        for bits in ("1", "3", "8", "32"):
            name = f"{method}{bits}.w2b"
            # Not every method has every number of bits.
            if run(["quantize", "v.vec", "-o", name, "--bits", bits, "--method", method, "-q"],
                   folder)[0] == 0:
                names.append(name)
    return names


def overlooked(data, bits, folder):
    """Those of the bits that `verify` does not find when they are flipped."""
    missed = []
    count = max(1, min(200, (8 << 20) // len(data)))
    names = [f"flip{i}.w2b" for i in range(count)]
    for first in range(0, len(bits), count):
        some = bits[first:first + count]
        for name, bit in zip(names, some):
            data[bit >> 3] ^= 1 << (bit & 7)
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
            data[bit >> 3] ^= 1 << (bit & 7)
        code, out, err = run(["verify", *names[:len(some)]], folder)
        told = {line.split(b":")[1].strip() for line in err.splitlines()}
        missed += [bit for name, bit in zip(names, some)
                   if code != 1 or name.encode() not in told or b"%s: ok" % name.encode() in out]
    return missed


def verified(folder, some, times):
    """(bits that were flipped, those that were overlooked)"""
    with open(os.path.join(folder, "small.vec"), "w", encoding="ascii") as file:
        file.write("5 3\na 1 2 3\nb 2 3 4\nc 3 4 6\nd 9 8 1\ne 1 2 1\n")
    with open(os.path.join(folder, "large.vec"), "w", encoding="ascii") as file:
        file.write("1500 100\n")
        for i in range(1500):
            file.write(f"w{i} " + " ".join(f"{some.gauss(0, 1):.3f}" for _ in range(100)) + "\n")
    total = missed = 0
    for name, method, bits in (("small", "gauss", "2"), ("large", "gauss", "8")):
        path = os.path.join(folder, name + ".w2b")
        run(["quantize", name + ".vec", "-o", path, "--bits", bits, "--method", method], folder)
        with open(path, "rb") as file:
            data = bytearray(file.read())
        n = 8 * len(data)
        flipped = range(n) if name == "small" else [some.randrange(n) for _ in range(times)]
        wrong = overlooked(data, flipped, folder)
        total += len(flipped)
        missed += len(wrong)
        if wrong:
            print(f"FAILED: verify overlooks bit {wrong[0]} of the {name} file")
    return total, missed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1500)
    parser.add_argument("--verify", type=int, default=1000)
    parser.add_argument("--seed", type=int,
                        default=int(os.environ.get("W2B_TEST_SEED") or time.time_ns() % 10 ** 9))
    options = parser.parse_args()
    some = random.Random(options.seed)
    folder = tempfile.mkdtemp()
    failed = refused = 0
    try:
        files = []
        for name in make_files(folder, random.Random(1)):
            with open(os.path.join(folder, name), "rb") as file:
                files.append(bytearray(file.read()))
        good = {}
        for i in range(options.times):
            which = some.randrange(len(files))
            words = COMMANDS[i % len(COMMANDS)].split()
            words = ["FILE.w2b" if w == "FILE" else w for w in words]
            at, bit = some.randrange(len(files[which])), 1 << some.randrange(8)
            data = bytearray(files[which])
            path = os.path.join(folder, "FILE.w2b")
            if (which, i % len(COMMANDS)) not in good:
                with open(path, "wb") as file:
                    file.write(data)
                good[which, i % len(COMMANDS)] = run(words, folder)
            want = good[which, i % len(COMMANDS)]
            data[at] ^= bit
            with open(path, "wb") as file:
                file.write(data)
            code, out, err = run(words, folder)
            why = None
            if code == 0 and (out != want[1] or words[0] == "verify"):
                why = "another answer"
            elif code not in (0, 1):
                why = f"exit code {code}"
            elif code == 1 and not err.startswith(b"w2b: "):
                why = "no message"
            refused += code == 1
            if want[0] != 0:
                why = f"the whole file gives {want[0]}: {want[2]}"
            if why:
                failed += 1
                print(f"FAILED: {' '.join(words)}, file {which}, byte {at}, bit {bit}: {why}")
                print("    " + err.decode("utf-8", "replace"))
        total, missed = verified(folder, some, options.verify)
        failed += missed
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{options.times} bits flipped, {refused} refused; verify found {total - missed} of "
          f"{total}; seed {options.seed}")
    print(f"{int(not failed)} passed, {int(failed > 0)} failed")
    sys.exit(failed > 0)


main()
