#!/usr/bin/env python3
"""Lets every system call and allocation of the command fail once, and looks at what is left.

    tests/fault/sweep.py [--all] [--jobs N] [--only PART] [--list] [--show N]

For each case below (a command with small inputs) the n-th call of each kind fails, n = 1, 2, ...,
until the command does its work undisturbed; without --all only some of many n are tried. What the
kinds are, and which libraries' calls count, is told in fault.c. Afterwards

  - the exit code is 0, and everything that came out is what an undisturbed run gives; or it is 1,
    a message names a file or says that memory is short, every output is as it was before the
    command ran, and no other file is in its folder;
  - interrupted calls, and those that moved a part of the bytes, are of the first sort;
  - no memory and no file was left behind in the process;
  - a process that was killed leaves either the old output or the new one.

--list shows the places in the program that failed, as tests/fault/sweep.py --all --list | sort -u.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DATA = os.path.join(ROOT, "tests", "cli", "data")

# kind, how, what must come of it: "any" as above, "same" (success) or "dead" (killed)
FAULTS = [
    ("alloc", "ENOMEM", "any"), ("alloc+", "ENOMEM", "any"),
    ("map", "ENOMEM", "any"),
    ("open", "EMFILE", "any"), ("open", "EINTR", "same"),
    ("read", "EIO", "any"), ("read", "EINTR", "same"), ("read", "short", "same"),
    ("read+", "short", "same"),
    ("stat", "EIO", "any"), ("close", "EIO", "any"), ("close", "EINTR", "same"),
]
# Of commands that write files, and once more where files always have a name.
OUTPUT_FAULTS = [
    ("write", "ENOSPC", "any"), ("write+", "ENOSPC", "any"), ("write", "EIO", "any"),
    ("write", "EINTR", "same"), ("write", "short", "same"), ("write+", "short", "same"),
    ("sync", "EIO", "any"), ("sync", "EINTR", "same"), ("name", "EIO", "any"),
    ("name", "ENOSPC", "any"), ("random", "EIO", "any"), ("open", "ENOSPC", "any"),
    ("write", "kill", "dead"), ("sync", "kill", "dead"), ("name", "kill", "dead"),
    ("close", "kill", "dead"), ("read", "term", "term"),
]


class Case:
    """A command: IN/name in its words are inputs, OUT/name outputs. `before` is what stands in OUT
    under a name when it begins, from IN. `state` among them is a checkpoint, whose bytes hold
    times; whatever it is afterwards, the run can go on from it. A `log` may be there or not."""

    def __init__(self, name, words, stdin=None, before=None):
        self.name = name
        self.words = words.split()
        self.stdin = stdin
        self.before = before or {}
        self.writes = any(w.startswith("OUT/") for w in self.words)


TIMED = ("state", "log")


# Two files for other programs; neither has both words and numbers.
WRITTEN_ONLY = {"projector"}


def formats(w2b):
    """What `convert --to` takes, from its help."""
    text = " ".join(subprocess.run([w2b, "help", "convert"], check=True, capture_output=True,
                                   text=True).stdout.split())
    names = re.search(r"--to FORMAT.*?One of: (.*?)\. ", text).group(1)
    return [name for name in re.split(r", | or ", names) if name != "auto"]


def cases(w2b):
    """All of them; formats come from the command's own list."""
    tiny, run = "--dim 4 --epochs 1 --min-count 1 -q", RUN
    found = [
        Case("train", f"train IN/text {tiny} -f -o OUT/new.w2b"),
        Case("train-spool", f"train IN/text.gz {tiny} --memory 1 --spool-dir IN -f -o OUT/new.w2b"),
        Case("train-stdin", f"train - {tiny} --arch skipgram --bits 8 -f -o OUT/new.w2b", "text"),
        Case("checkpoint", f"train IN/text {run} -f -c OUT/state -o OUT/new.w2b"),
        Case("resume", f"train IN/text {run} -f -c OUT/state --resume -o OUT/new.w2b",
             before={"state": "half.state"}),
        Case("log", f"train IN/text {tiny} -f -t 1 --log OUT/log -o OUT/new.w2b"),
        Case("update", f"train IN/text {tiny} -t 1 --update IN/wide.w2b -f -o OUT/new.w2b"),
        Case("update-state", f"train IN/text {tiny} -t 1 --update IN/half.state -f -o OUT/new.w2b"),
        Case("phrases", "phrases IN/text -q -f -o OUT/joined"),
        Case("phrases-list", "phrases IN/text -q -f --list OUT/list"),
        Case("repair", "verify IN/torn.w2b --repair OUT/whole.w2b -q -f"),
        Case("compare", "compare IN/model.w2b IN/small.w2b --json"),
        Case("vocab", "vocab IN/text -f -o OUT/words"),
        Case("quantize", "quantize IN/tiny.vec --bits 3 -q -f -o OUT/new.w2b"),
        Case("map-html", "map IN/tiny.vec -q -f -o OUT/map.html --iterations 20"),
        Case("map-svg", "map IN/model.w2b -q -f -o OUT/map.svg --iterations 20"),
        Case("projector", "map IN/model.w2b -q -f -o OUT/map.tsv"),
        Case("plot", "eval IN/model.w2b IN/small.w2b IN/pairs.txt -f --plot OUT/plot.svg"),
        Case("neighbors", "neighbors IN/model.w2b king -k 3"),
        Case("neighbors-json", "neighbors IN/small.w2b --json -k 3", "words"),
        Case("rescore", "neighbors IN/small.w2b king -k 2 --rescore IN/model.w2b"),
        Case("unknown", "neighbors IN/model.w2b kink -k 3"),
        Case("analogy", "analogy IN/model.w2b man woman king -k 2 --json"),
        Case("similarity", "similarity IN/small.w2b king queen"),
        Case("odd", "odd IN/small.w2b king queen Paris"),
        Case("mean", "mean IN/model.w2b --neighbors -k 2", "words"),
        Case("vector", "vector IN/small.w2b", "words"),
        Case("eval", "eval IN/model.w2b IN/pairs.txt IN/analogies.txt --json --resamples 50"),
        Case("info", "info IN/model.w2b --json"),
        Case("verify", "verify IN/model.w2b IN/small.w2b"),
        Case("verify-stdin", "verify -", "model.w2b"),
    ]
    for name in formats(w2b):
        found.append(Case(f"write-{name}", f"convert IN/tiny.vec OUT/new --to {name} -q -f"))
        if name not in WRITTEN_ONLY:
            found.append(Case(f"read-{name}", f"convert IN/as-{name} OUT/new.vec -q"))
    for ending in ("gz", "bz2", "xz", "zst"):
        found.append(Case(f"read-{ending}", f"convert IN/tiny.vec.{ending} OUT/new.vec -q"))
    return found


# Training of which half.state is the state after its first rounds.
RUN = "--dim 4 --epochs 2 --min-count 1 --sample 0 --threads 1 -q"


def make_inputs(w2b, library, folder):
    """The files that cases read."""
    for name in ("tiny.vec", "pairs.txt", "analogies.txt"):
        shutil.copy(os.path.join(DATA, name), folder)
    text = subprocess.run(["awk", "-v", "N=40", "-f", os.path.join(DATA, "text.awk")], check=True,
                          capture_output=True).stdout
    for name, content in (("text", text), ("words", b"king\nqueen woman\nman\n")):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)

    def run(*words):
        subprocess.run(words, check=True, cwd=folder)

    run(w2b, "quantize", "tiny.vec", "-o", "model.w2b", "--bits", "8", "-q")
    run(w2b, "quantize", "tiny.vec", "-o", "small.w2b", "--bits", "2", "-q")
    run(w2b, "train", "text", "-o", "wide.w2b", *RUN.split(), "--bits", "32")
    with open(os.path.join(folder, "model.w2b"), "rb") as file:
        data = bytearray(file.read())
    data[data.index(b"{")] ^= 1  # the metadata, which can be done without
    with open(os.path.join(folder, "torn.w2b"), "wb") as file:
        file.write(data)
    # Killed in front of the name of the second state.
    env = dict(os.environ, LD_PRELOAD=library, W2B_FAULT="name:3:kill")
    subprocess.run([w2b, "train", "text", *RUN.split(), "-c", "half.state", "--every", "1e-7",
                    "-o", "none.w2b"], cwd=folder, env=env, check=False)
    for name in formats(w2b):
        run(w2b, "convert", "tiny.vec", f"as-{name}", "--to", name, "-q")
    run("gzip", "-k", "text", "tiny.vec")
    run("bzip2", "-k", "tiny.vec")
    run("xz", "-k", "tiny.vec")
    run("zstd", "-q", "-k", "tiny.vec")


def read_all(folder):
    """{path: bytes} of all files below a folder."""
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                found[os.path.relpath(os.path.join(path, name), folder)] = file.read()
    return found


class Runner:
    """One case in a folder of its own."""

    def __init__(self, case, options, inputs):
        self.case, self.options = case, options
        self.failed, self.tried, self.survived, self.places = [], 0, 0, set()
        self.folder = tempfile.mkdtemp(dir=os.path.dirname(inputs))
        self.out = os.path.join(self.folder, "OUT")
        os.mkdir(self.out)
        os.symlink(inputs, os.path.join(self.folder, "IN"))
        self.report = os.path.join(self.folder, "report")
        self.old = {}

    def results(self):
        """What is in OUT, but for files that are not the same twice."""
        return {n: b for n, b in read_all(self.out).items() if n not in TIMED}

    def resumes(self):
        """Whether a run that goes on from the checkpoint ends as an undisturbed one does."""
        if not os.path.exists(os.path.join(self.out, "state")):
            return True
        words = [w for w in self.case.words if w != "--resume"]
        done = subprocess.run([self.options.w2b, *words, "--resume"], cwd=self.folder, check=False,
                              capture_output=True)
        return done.returncode == 0 and self.new.items() <= self.results().items()

    def reset(self):
        shutil.rmtree(self.out)
        os.mkdir(self.out)
        for name, source in self.case.before.items():
            shutil.copy(os.path.join(self.folder, "IN", source), os.path.join(self.out, name))
        for name, content in self.old.items():
            path = os.path.join(self.out, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        open(self.report, "wb").close()

    def run(self, spec, named=False):
        """(exit code, standard output, standard error, report) under the fault `spec`."""
        self.reset()
        env = dict(os.environ, LD_PRELOAD=self.options.library, W2B_FAULT=spec,
                   W2B_FAULT_REPORT=self.report, OMP_WAIT_POLICY="passive", LC_ALL="C",
                   TMPDIR=self.folder, HOME=self.folder)
        if named:
            env["W2B_FAULT_NAMED"] = "1"
        stdin = subprocess.DEVNULL
        if self.case.stdin:
            stdin = open(os.path.join(self.folder, "IN", self.case.stdin), "rb")
        try:
            done = subprocess.run([self.options.w2b, *self.case.words], cwd=self.folder, env=env,
                                  stdin=stdin, capture_output=True, timeout=60)
        except subprocess.TimeoutExpired:
            return "hung", b"", b"", ""
        finally:
            if self.case.stdin:
                stdin.close()
        with open(self.report, encoding="ascii") as file:
            return done.returncode, done.stdout, done.stderr, file.read()

    def succeeded(self, code, out):
        return code == self.good_code and out == self.good_out and self.results() == self.new

    def unchanged(self):
        return self.results() == self.old

    def problem(self, expected, may_stay, code, out, err, report):
        """What is wrong with the run, or None; temporary files of the killed may stay."""
        if expected == "dead" and "fired" in report:
            if code != -9:
                return f"not killed but exit code {code}"
            now = {n: b for n, b in self.results().items()
                   if not (may_stay and re.fullmatch(r"\..*\.tmp", os.path.basename(n)))}
            both = all(now.get(n) in (self.old.get(n), self.new.get(n)) for n in self.new)
            return None if both and set(now) <= set(self.new) else "an output is torn"
        # With a checkpoint it comes to rest by itself.
        if expected == "term" and code in (-15, 4 if "-c" in self.case.words else -15):
            return None if self.unchanged() else "the output is not what it was"
        for line in report.splitlines():
            if line.startswith(("leak", "open")):
                return line
        if self.succeeded(code, out):
            return None
        if expected == "same":
            return f"exit code {code}, where the call was to be repeated"
        if code == 0:
            return "exit code 0, but the output differs"
        if code != 1:
            return f"exit code {code}"
        # What was written before the rest could not be printed stays.
        if not self.unchanged() and not (self.good_out and self.results() == self.new):
            return "the folder is not what it was: " + " ".join(sorted(os.listdir(self.out)))
        text = err.decode("utf-8", "replace")
        if not text.startswith("w2b: ") or not text.endswith("\n"):
            return "no message"
        if not re.search(r"OUT|IN|memory|standard|^w2b: -:", text):
            return "the message names nothing"
        return None

    def numbers(self, kind, named):
        """The n to be tried."""
        report = self.run(f"{kind.rstrip('+')}:1:none", named)[3]
        calls = int(re.search(r"calls (\d+)", report).group(1))
        # Training takes ten times as long as the others.
        few = self.case.words[0] == "train"
        most = 10 ** 9 if self.options.all else 5 if few or kind.endswith("+") else 16
        if calls <= most:
            return range(1, calls + 1)
        head = most // 3
        rest = most - head
        return [*range(1, head + 1),
                *sorted({head + 1 + i * (calls - head - 1) // (rest - 1) for i in range(rest)})]

    def sweep(self, faults, named):
        for kind, how, expected in faults:
            for n in self.numbers(kind, named):
                plus = "+" if kind.endswith("+") else ""
                spec = f"{kind.rstrip('+')}:{n}{plus}:{how}"
                code, out, err, report = self.run(spec, named)
                self.tried += "fired" in report
                self.places |= {line[6:] for line in report.splitlines()
                                if line.startswith("fired program")}
                # A file without a name has one for a moment, if it is to replace another.
                may_stay = named or (self.old and kind in ("name", "close"))
                why = self.problem(expected, may_stay, code, out, err, report)
                if not why and not self.resumes():
                    why = "the run cannot go on from its checkpoint"
                if why:
                    self.failed.append(
                        f"{self.case.name} {spec}{' named' if named else ''}: {why}\n    "
                        + err.decode("utf-8", "replace").replace("\n", "\n    ")
                        + report.replace("\n", "\n    "))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def everything(self):
        first = self.run("alloc:1:none")
        self.good_code, self.good_out, self.new = first[0], first[1], self.results()
        if first[0] not in (0, 3) or bool(self.new) != self.case.writes:
            self.failed.append(f"{self.case.name}: undisturbed, exit code {first[0]}: {first[2]}")
            return self
        if "-f" in self.case.words:
            self.old = {name: b"old " * 50 for name in self.new}
        why = self.problem("same", False, *self.run("alloc:1:none"))
        if why:
            self.failed.append(f"{self.case.name}: undisturbed: {why}")
            return self
        self.sweep(FAULTS, False)
        if self.case.writes:
            self.sweep(OUTPUT_FAULTS, False)
            self.sweep([f for f in OUTPUT_FAULTS if f[0] != "read"], True)
        return self


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()
    options.w2b = os.path.abspath(os.environ.get("W2B", "./w2b"))
    options.library = os.path.abspath(os.environ["W2B_FAULT_LIB"])
    tmp = tempfile.mkdtemp()
    inputs = os.path.join(tmp, "inputs")
    os.mkdir(inputs)
    passed = failed = tried = 0
    try:
        make_inputs(options.w2b, options.library, inputs)
        chosen = [c for c in cases(options.w2b) if options.only in c.name]
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for runner in pool.map(lambda c: Runner(c, options, inputs).everything(), chosen):
                passed += not runner.failed
                failed += bool(runner.failed)
                tried += runner.tried
                for text in runner.failed[:options.show]:
                    print("FAILED:", text)
                if len(runner.failed) > options.show:
                    print(f"    and {len(runner.failed) - options.show} more")
                if options.list:
                    print("\n".join(sorted(runner.places)))
                runner.close()
    finally:
        shutil.rmtree(tmp, ignore_errors=True)
    print(f"{tried} faults in {passed + failed} commands")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
