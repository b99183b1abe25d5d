#!/usr/bin/env python3
"""A file includes only its own floor or lower ones, by paths from the root of the repository."""

import os
import re

from source import FLOORS, Report, files, read

HEADER = "word2bits/w2b.h"
# Folders that each folder may include from; the public header is open to all.
MAY = {
    "quant": ("quant",),
    "io": ("io", "quant"),
    "word2bits": ("word2bits", "io", "quant"),
    "eval": ("eval", "io", "quant"),
    "cli": ("cli",),
    "data": ("data", "io", "quant"),
}
# Folders that neither read files nor print, and system headers for that.
NO_FILES = {"quant": ("stdio.h", "fcntl.h", "unistd.h", "stdlib.h", "malloc.h")}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def problems(path):
    folder = path.split("/")[0]
    found = []
    for number, line in enumerate(read(path).split("\n"), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, name = match.groups()
        if kind == "<":
            if name in NO_FILES.get(folder, ()):
                found.append(f"{path}:{number}: {folder}/ has no use for <{name}>")
        elif path == HEADER:
            found.append(f"{path}:{number}: the public header stands alone")
        elif not os.path.isfile(name):
            found.append(f'{path}:{number}: no such file from the root: "{name}"')
        elif name != HEADER and name.split("/")[0] not in MAY[folder]:
            found.append(f'{path}:{number}: {folder}/ may not include "{name}"')
    return found


def main():
    report = Report("layers")
    for path in files(FLOORS, (".c", ".h")):
        report.file(problems(path))
    report.close()


main()
