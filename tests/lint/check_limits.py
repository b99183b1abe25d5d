#!/usr/bin/env python3
"""Widths, lengths and the plain look of the sources."""

from source import FLOORS, Report, bare, files, read

COLUMNS = 100
FUNCTION_LINES = 80
FILE_LINES = 800


def functions(lines):
    """(name, first line, length) of each function: its braces stand alone in the first column."""
    start = name = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            if line == "}":
                yield name, start, number - start + 1
            start = None
        elif start is None and line and not line[0].isspace() and "(" in line:
            name = line.split("(")[0].split()[-1].lstrip("*") if line.split("(")[0] else None


def problems(path, report):
    text = read(path)
    lines = text.split("\n")
    found = []
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            found.append(f"{path}:{number}: {len(line)} columns, more than {COLUMNS}")
        if line != line.rstrip():
            found.append(f"{path}:{number}: white space at the end of the line")
        if "\t" in line and not path.endswith("Makefile"):
            found.append(f"{path}:{number}: a tab")
    if not text.endswith("\n") or text.endswith("\n\n"):
        found.append(f"{path}: does not end in exactly one newline")
    if len(lines) - 1 > FILE_LINES and not report.excepted(path):
        found.append(f"{path}: {len(lines) - 1} lines, more than {FILE_LINES}")
    if path.endswith((".c", ".h")):
        line_comments = []
        code = bare(text, line_comments).split("\n")
        found += [f"{path}:{n}: a // comment" for n in line_comments]
        for name, first, length in functions(code):
            if length > FUNCTION_LINES and not report.excepted(f"{path}:{name}"):
                found.append(f"{path}:{first}: {name} has {length} lines, "
                             f"more than {FUNCTION_LINES}")
    return found


def main():
    report = Report("limits")
    sources = files(FLOORS + ("tests", ".ci"), (".c", ".h", ".sh", ".py", "/run", "/deps"))
    for path in ["Makefile"] + sources:
        report.file(problems(path, report))
    report.close()


main()
