"""What the checks of this folder share: files, C text without its comments, exceptions, report."""

import os
import re
import sys

FLOORS = ("word2bits", "quant", "io", "eval", "cli", "data")
LIBRARY = ("word2bits", "quant", "io", "eval")


def files(folders, endings):
    """Paths below `folders`, sorted, that end in one of `endings`."""
    found = []
    for folder in folders:
        for path, dirs, names in os.walk(folder):
            dirs[:] = sorted(d for d in dirs if not d.startswith(".") and d != "__pycache__")
            found += [os.path.join(path, n) for n in names if n.endswith(endings)]
    return sorted(found)


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def bare(text, line_comments=None):
    """`text` with comments and what is inside quotes blanked, line breaks kept.

    Line numbers of `//` comments are added to the list `line_comments`.
    """

    def blank(match):
        token = match.group()
        if token.startswith("//") and line_comments is not None:
            line_comments.append(text.count("\n", 0, match.start()) + 1)
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)

    return TOKEN.sub(blank, text)


class Report:
    """Counts what was looked at, prints what is wrong, and knows the listed exceptions."""

    def __init__(self, check):
        self.check = check
        self.passed = 0
        self.failed = 0
        self.exceptions = {}
        path = os.path.join("tests", "lint", "exceptions")
        for number, line in enumerate(read(path).split("\n") if os.path.exists(path) else [], 1):
            if line.strip() and not line.startswith("#"):
                fields = line.split(None, 2)
                if len(fields) < 3:
                    self.bad(f"{path}:{number}: an exception needs a check, a place and a reason")
                elif fields[0] == check:
                    self.exceptions[fields[1]] = False

    def excepted(self, place):
        if place in self.exceptions:
            self.exceptions[place] = True
        return place in self.exceptions

    def good(self):
        self.passed += 1

    def bad(self, text):
        self.failed += 1
        print(text)

    def file(self, problems):
        """One file looked at, with a list of what is wrong with it."""
        for problem in problems:
            print(problem)
        self.failed += bool(problems)
        self.passed += not problems

    def close(self):
        for place, used in self.exceptions.items():
            if not used:
                self.bad(f"tests/lint/exceptions: {self.check} {place} is not needed any more")
        if self.passed + self.failed == 0:
            self.bad(f"{self.check}: nothing to check")
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(self.failed > 0)
