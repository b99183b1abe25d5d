#!/usr/bin/env python3
"""Functions that are never called: here, in the library, or in quant/."""

import re

from source import FLOORS, LIBRARY, Report, bare, files, read

# Unbounded, unchecked, locale-dependent or seeded by nobody.
EVERYWHERE = """strcpy stpcpy strcat sprintf vsprintf gets atoi atol atoll atof rand srand
    random srandom drand48 strtok alloca tmpnam tempnam mktemp"""
# Tests may.
OUTSIDE_TESTS = "system popen setjmp longjmp"
# A library does not print, end the process, look around in its surroundings or
# take hold of what belongs to the whole process.
IN_LIBRARY = """printf vprintf puts putchar perror exit _exit _Exit abort atexit assert getenv
    secure_getenv setenv setlocale signal sigaction chdir umask omp_set_num_threads"""
# Results that reach a file or a ranking do not depend on a libm: quant/num.h has exp and log.
LIBM = """exp exp2 expm1 log log2 log10 log1p pow sin cos tan asin acos atan atan2 sinh cosh
    tanh asinh acosh atanh cbrt hypot erf erfc tgamma lgamma"""
LIBM += " " + " ".join(name + "f" for name in LIBM.split())
# Memory is the caller's.
IN_QUANT = "malloc calloc realloc free aligned_alloc posix_memalign mmap"

# A user who asks for one thread gets one; without a number OpenMP takes what it finds.
PARALLEL = re.compile(r"#\s*pragma\s+omp\s+parallel(?!.*\bnum_threads\b)")

TARGET = re.compile(r"#\s*pragma\s+(GCC|clang)\s+target|__attribute__\s*\(\(\s*target")


def pattern(names):
    # Not a member, and not a declaration of something else by the same name.
    return re.compile(r"(?<![\w.>])(" + "|".join(names.split()) + r")\s*\(")


def main():
    report = Report("calls")
    rules = [(FLOORS + ("tests",), pattern(EVERYWHERE)), (FLOORS, pattern(OUTSIDE_TESTS)),
             (LIBRARY, pattern(IN_LIBRARY)),
             (LIBRARY, pattern(LIBM)), (("quant",), pattern(IN_QUANT)),
             (LIBRARY, re.compile(r"\b(stdout|stderr)\b()"))]
    for path in files(FLOORS + ("tests",), (".c", ".h")):
        found = []
        for number, line in enumerate(bare(read(path)).split("\n"), 1):
            for folders, banned in rules:
                if path.split("/")[0] not in folders:
                    continue
                for match in banned.finditer(line):
                    if not report.excepted(f"{path}:{match.group(1)}"):
                        found.append(f"{path}:{number}: {match.group(1)} is not used here")
            if PARALLEL.search(line):
                found.append(f"{path}:{number}: a parallel region says how many threads it has")
            if TARGET.search(line):
                found.append(f"{path}:{number}: instruction sets are chosen in the Makefile")
        report.file(found)
    report.close()


main()
