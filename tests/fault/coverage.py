#!/usr/bin/env python3
"""Says which lines of the sources were run, from what gcov counted.

    tests/fault/coverage.py OBJECTS [LIST]

OBJECTS is the folder of a build with --coverage that was run. Prints a line for each folder, the
files with the most lines that were not, and where failures are reported that no test has seen; all
lines that were not run, with their text, go to LIST, first those that report a failure. A folder
of the library of which less than 90% were run has failed.
"""

import collections
import json
import os
import re
import subprocess
import sys

FOLDERS = ("quant", "io", "word2bits", "eval", "cli")
LEAST = {"quant": 90, "io": 90, "word2bits": 90, "eval": 90}
FAILS = re.compile(r"fail|err\b|errno|ERR_|MEMORY|goto|talk_error|talk_diag|talk_memory")


def counts(objects):
    """{source: {line: times run}}"""
    found = collections.defaultdict(dict)
    for folder, _, names in os.walk(objects):
        data = [os.path.join(folder, n) for n in names if n.endswith(".gcda")]
        if not data:
            continue
        done = subprocess.run(["gcov", "--json-format", "--stdout", *data], check=True,
                              capture_output=True, text=True)
        for text in done.stdout.splitlines():
            for file in json.loads(text)["files"] if text.startswith("{") else []:
                name = os.path.normpath(file["file"])
                if name.split("/")[0] not in FOLDERS:
                    continue
                for line in file["lines"]:
                    number = line["line_number"]
                    found[name][number] = found[name].get(number, 0) + line["count"]
    return found


def main():
    found = counts(sys.argv[1])
    missed = []
    by_file = []
    passed = failed = 0
    for folder in FOLDERS:
        run = total = 0
        for name, lines in sorted(found.items()):
            if name.split("/")[0] != folder:
                continue
            with open(name, encoding="utf-8") as file:
                text = file.read().split("\n")
            total += len(lines)
            run += sum(n > 0 for n in lines.values())
            bad = [number for number, n in sorted(lines.items()) if n == 0]
            by_file.append((len(bad), name, len(lines)))
            missed += [(not FAILS.search(text[n - 1]), name, n, text[n - 1].strip()) for n in bad]
        if total:
            share = 100 * run / total
            print(f"{folder:10} {share:5.1f}% of {total} lines")
            passed += share >= LEAST.get(folder, 0)
            failed += share < LEAST.get(folder, 0)
    print("most lines missed:")
    for bad, name, total in sorted(by_file, reverse=True)[:12]:
        print(f"    {name:32} {bad} of {total}")
    print("failures that were not seen to be reported:")
    places = collections.defaultdict(list)
    for quiet, name, number, _ in missed:
        if not quiet:
            places[name].append(str(number))
    for name, numbers in sorted(places.items()):
        print(f"    {name}: {' '.join(numbers)}")
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w", encoding="utf-8") as file:
            for _, name, number, text in sorted(missed):
                file.write(f"{name}:{number}: {text}\n")
        print(f"all {len(missed)} in {sys.argv[2]}, of which "
              f"{sum(not m[0] for m in missed)} report failures")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
