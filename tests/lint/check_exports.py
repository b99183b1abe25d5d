#!/usr/bin/env python3
"""libw2b.so exports exactly the functions that word2bits/w2b.h declares."""

import os
import re
import subprocess

from source import Report, bare, read

HEADER = "word2bits/w2b.h"


def main():
    report = Report("exports")
    library = os.path.join(os.environ.get("W2B_LIB", "."), "libw2b.so")
    text = re.sub(r"^\s*#.*$", "", bare(read(HEADER)), flags=re.M)
    declared = set(re.findall(r"\bW2B_API\b[^;{}]*?\b(\w+)\s*\([^;]*;", text))
    for name in re.findall(r"^\w[^;{}=]*?\b(w2b_\w+)\s*\(", text, re.M):
        if name not in declared:
            report.bad(f"{HEADER}: {name} lacks W2B_API")
    if not os.path.exists(library):
        report.bad(f"{library}: not built")
        report.close()
    listing = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                             capture_output=True, text=True).stdout
    exported = {line.split()[-1].split("@")[0] for line in listing.splitlines()}
    for name in sorted(declared | exported):
        if name not in exported:
            report.bad(f"{library}: {name} is declared in {HEADER} but not exported")
        elif name not in declared:
            report.bad(f"{library}: {name} is exported but not declared in {HEADER}")
        else:
            report.good()
    report.close()


if os.environ.get("SAN"):
    print("skip: a sanitizer adds symbols of its own")
else:
    main()
