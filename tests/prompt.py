#!/usr/bin/env python3
"""Drives `w2b neighbors MODEL` on a terminal: prompt, completion, history,
help, end. Says what is missing and exits 1, or 0; 77 if the command was built
without libedit.

    tests/prompt.py W2B VECTORS
"""
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

LIMIT = 30


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, arguments):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # libedit never releases the names of functions that it is given.
            sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", ASAN_OPTIONS=sanitizer)
            os.execv(arguments[0], arguments)
        self.seen = b""

    def expect(self, text):
        """Reads until `text` has come; what came up to there is forgotten."""
        end = time.monotonic() + LIMIT
        while text not in self.seen:
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.fd], [], [], left)[0]
            more = b""
            if ready:
                try:
                    more = os.read(self.fd, 4096)
                except OSError:
                    pass
            if not more:
                raise SystemExit(f"prompt: {text!r} did not come, but {self.seen!r}")
            self.seen += more
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text):
        os.write(self.fd, text)

    def answer(self, text):
        """Types at a new prompt: what comes before it, while the terminal's
        mode changes, would be lost."""
        self.expect(b"w2b> ")
        self.type(text)

    def finish(self):
        """Ends the input. The prompt shows before the terminal is in its mode: a
        Ctrl-D in between becomes a zero byte on the line, and on a line that is
        not empty Ctrl-D does not end. So the line is cleared, and again, until
        it is heard."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            self.type(b"\x15\x04")
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    os.read(self.fd, 4096)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        raise SystemExit("prompt: Ctrl-D does not end it")


def drive(command, model):
    term = Terminal([command, "neighbors", model, "-k", "1"])
    first = term.expect(b"Ctrl-D ends)")
    if b"reading from the terminal" in first:
        return 77
    term.answer(b"qu\t\r")  # the only word: completed
    term.expect(b"queen\twoman\t0.7778")
    term.answer(b"R\t\t")  # two words: what they have in common, then a list
    term.expect(b"Rome Rouen")
    term.type(b"\x15\x1b[A\r")  # cleared; the question before
    term.expect(b"queen\twoman\t0.7778")
    term.answer("caf\t\r".encode())
    term.expect("café\tRome".encode())
    term.answer(b"king - man + wo\t\r")
    term.expect(b"queen\t0.9671")
    term.answer(b"?\r")
    term.expect(b"completes the word")
    term.answer(b"kingg\r")
    term.expect(b'unknown word "kingg"; near: king')
    term.expect(b"w2b> ")
    code = term.finish()
    if code != 3:
        raise SystemExit(f"prompt: exit code {code}, expected 3 for the unknown word")
    return 0


def main():
    command, vectors = map(os.path.abspath, sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.vec")
        with open(vectors, encoding="utf-8") as source:
            lines = source.read().splitlines()
        words, dim = lines[0].split()
        rouen = "Rouen " + " ".join(["0.25"] * int(dim))
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join([f"{int(words) + 1} {dim}", *lines[1:], rouen, ""]))
        model = os.path.join(folder, "m.w2b")
        subprocess.run([command, "convert", path, model, "-q"], check=True)
        sys.exit(drive(command, model))


if __name__ == "__main__":
    main()
