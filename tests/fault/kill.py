#!/usr/bin/env python3
"""Ends the command at random moments, and looks at what is left.

    tests/fault/kill.py [--times N] [--seed N]

N times each of training, quantizing and converting is killed by SIGKILL, and a part of that often
by the signals that can be caught; the terminal that it talks to vanishes. Afterwards the output is
the old one or the new one, whole; its folder holds nothing else (a process that is killed between
the naming of its file and the renaming may leave the temporary name); and the same command, run
again, gives the bytes that an undisturbed run gives. Training that keeps checkpoints goes on from
the last one.
"""

import argparse
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(os.path.dirname(HERE), "cli", "data")
OLD = b"old " * 100
W2B = os.path.abspath(os.environ.get("W2B", "./w2b"))


def make_inputs(folder, seed):
    """A text and a file of vectors that take a moment."""
    text = subprocess.run(["awk", "-v", "N=8000", "-f", os.path.join(DATA, "text.awk")],
                          check=True, capture_output=True).stdout
    with open(os.path.join(folder, "text"), "wb") as file:
        file.write(text)
    some = random.Random(seed)
    with open(os.path.join(folder, "big.vec"), "w", encoding="ascii") as file:
        file.write("6000 60\n")
        for i in range(6000):
            file.write(f"w{i} " + " ".join(f"{some.gauss(0, 1):.4f}" for _ in range(60)) + "\n")


class Work:
    """One command and what it should give."""

    state = None  # a file of checkpoints
    stopped = ()  # exit codes after a signal, besides death by it

    def __init__(self, name, words, folder):
        self.name = name
        self.words = [W2B, *words.split()]
        self.out = os.path.join(folder, name)
        os.mkdir(self.out)
        self.env = dict(os.environ, OMP_WAIT_POLICY="passive", LC_ALL="C")
        self.problems = []
        self.runs = 0
        began = time.monotonic()
        if self.start().wait() != 0:
            raise SystemExit(f"kill.py: {name} fails undisturbed")
        self.seconds = time.monotonic() - began
        self.new = self.files()
        self.put_old()

    def files(self):
        found = {}
        for name in os.listdir(self.out):
            with open(os.path.join(self.out, name), "rb") as file:
                found[name] = file.read()
        return found

    def put_old(self):
        for name in os.listdir(self.out):
            os.unlink(os.path.join(self.out, name))
        with open(os.path.join(self.out, "out"), "wb") as file:
            file.write(OLD)

    def start(self, **more):
        more.setdefault("stderr", subprocess.DEVNULL)
        return subprocess.Popen(self.words, cwd=self.out, env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, **more)

    def bad(self, what):
        self.problems.append(f"{self.name}: {what}")

    def look(self, what, killed):
        """The folder afterwards; the old output is put back."""
        found = self.files()
        rest = {n for n in found if n != "out"
                and not (killed and re.fullmatch(r"\.(out|state)\.[a-z2-7]{6}\.tmp", n))
                and n != self.state}
        if found.get("out") not in (OLD, self.new["out"]):
            self.bad(f"{what}: the output is torn")
        if rest:
            self.bad(f"{what}: left behind: {' '.join(sorted(rest))}")
        self.runs += 1

    def again(self, what):
        """The same command once more, undisturbed."""
        code = self.start().wait()
        if code != 0 or self.files().get("out") != self.new["out"]:
            self.bad(f"{what}, and again: exit code {code}, or other bytes")
        self.put_old()

    def strike(self, number, moment):
        """Sends the signal after so many seconds."""
        what = f"{signal.Signals(number).name} after {moment:.4f} s"
        process = self.start()
        time.sleep(moment)
        process.send_signal(number)
        code = process.wait(60)
        if code not in (0, -number, *self.stopped):
            self.bad(f"{what}: exit code {code}")
        self.look(what, number == signal.SIGKILL)
        if code == 0 and self.files().get("out") != self.new["out"]:
            self.bad(f"{what}: exit code 0, but no new output")

    def hang_up(self, moment, ignored):
        """Its terminal goes away; `ignored`: it was started by nohup."""
        what = f"the terminal vanished after {moment:.4f} s{', nohup' if ignored else ''}"
        master, slave = pty.openpty()

        def prepare():
            os.setsid()
            os.close(os.open(os.ttyname(slave), os.O_RDWR))
            signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)

        process = self.start(stderr=slave, preexec_fn=prepare)
        os.close(slave)
        time.sleep(moment)
        os.close(master)
        code = process.wait(60)
        if code != 0 and (ignored or code not in (-signal.SIGHUP, *self.stopped)):
            self.bad(f"{what}: exit code {code}")
        self.look(what, False)
        if code == 0 and self.files().get("out") != self.new["out"]:
            self.bad(f"{what}: exit code 0, but no new output")
        self.put_old()


class Resumed(Work):
    """Training that writes checkpoints, which the next run goes on from: the state stays from run
    to run, until one is through."""

    state = "state"
    stopped = (4,)

    def put_old(self):
        through = self.files().get("out") == self.new["out"]
        for name in os.listdir(self.out):
            if name != self.state or through:
                os.unlink(os.path.join(self.out, name))
        with open(os.path.join(self.out, "out"), "wb") as file:
            file.write(OLD)


def works(folder):
    """Those that this version has."""
    big, text = os.path.join(folder, "big.vec"), os.path.join(folder, "text")
    train = f"train {text} --dim 40 --epochs 3 -q -f -o out"
    yield Work("quantize", f"quantize {big} --bits 4 --method gauss -q -f -o out", folder)
    yield Work("convert", f"convert {big} out --to w2b -q -f", folder)
    plain = Work("train", train, folder)
    yield plain
    # Checkpoints as often as they can be written.
    if b"--checkpoint" in subprocess.run([W2B, "help", "train"], check=True,
                                         capture_output=True).stdout:
        resumed = Resumed("resume", train + " --checkpoint state --resume --every 0.00001", folder)
        if resumed.new["out"] != plain.new["out"]:
            resumed.bad("training with checkpoints gives other bytes")
        yield resumed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int,
                        default=int(os.environ.get("W2B_TEST_SEED") or time.time_ns() % 10 ** 9))
    options = parser.parse_args()
    some = random.Random(options.seed)
    folder = tempfile.mkdtemp()
    passed = failed = runs = 0
    try:
        make_inputs(folder, options.seed)
        for work in works(folder):
            for i in range(options.times):
                work.strike(signal.SIGKILL, some.uniform(0, work.seconds))
                if i % 8 == 0:
                    work.again("killed")
                else:
                    work.put_old()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
                for i in range(max(2, options.times // 20)):
                    work.strike(number, some.uniform(0, work.seconds))
                    work.put_old()
            for i in range(max(2, options.times // 20)):
                work.hang_up(some.uniform(0, work.seconds), i % 2)
            work.again("after all of that")
            for problem in work.problems[:10]:
                print("FAILED:", problem)
            failed += bool(work.problems)
            passed += not work.problems
            runs += work.runs
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{runs} times ended, seed {options.seed}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
