#!/usr/bin/env python3
"""What the object files of the library must not contain.

Registers of AVX outside the kernel files that are compiled for them (one such instruction would
end the program on an older processor), and variables that outlive a call; the lock of a named
critical section holds nothing.
"""

import os
import re
import subprocess

from source import LIBRARY, Report, files

AVX = re.compile(r"%[yz]mm|%k[0-7]|\sv[a-z0-9]+\s.*%xmm")
AVX512 = re.compile(r"%zmm|%k[0-7]|%[xy]mm(1[6-9]|2\d|3[01])")
# .data.rel.ro holds constants with addresses in them.
VARIABLE = re.compile(r"^\S+ .{7} (\.data|\.bss|\.tdata|\.tbss|\*COM\*)(?!\.rel\.ro)\S*\s+(\S+)"
                      r"\s+(\S+)$", re.M)


def objdump(option, path):
    return subprocess.run(["objdump", option, path], check=True, capture_output=True,
                          text=True).stdout


def registers(path):
    """The first instruction that is out of place, or None."""
    if path.endswith("_avx512.o"):
        return None
    wrong = AVX512 if path.endswith("_avx2.o") else AVX
    for line in objdump("-d", path).splitlines():
        if "\t" in line and wrong.search(line):
            return " ".join(line.split("\t")[-1].split())
    return None


def main():
    report = Report("objects")
    build = os.environ.get("W2B_BUILD", ".build")
    for source in files(LIBRARY + ("cli",), (".c",)):
        path = os.path.join(build, "current", source[:-2] + ".o")
        if not os.path.exists(path):
            report.bad(f"{path}: not built")
            continue
        found = []
        instruction = registers(path)
        if instruction:
            found.append(f"{path}: {instruction}: not for every processor")
        if source.split("/")[0] in LIBRARY:
            for section, size, name in VARIABLE.findall(objdump("-t", path)):
                if int(size, 16) > 0 and not name.startswith((section, ".gomp_critical_")):
                    if not report.excepted(f"{source}:{name}"):
                        found.append(f"{path}: variable {name} in {section}: state that a "
                                     "library keeps")
        report.file(found)
    report.close()


machine = os.uname().machine
if os.environ.get("SAN") or machine != "x86_64":
    print("skip: for plain builds on x86-64")
else:
    main()
