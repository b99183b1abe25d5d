#!/usr/bin/env bash
w2b quantize "$DATA/tiny.vec" -o m.w2b --bits 2 -q
w2b info m.w2b | head -n 7
w2b info m.w2b --json | python3 -c '
import json, sys
info = json.load(sys.stdin)
print(*info)
print(*info["sizes"])
sizes = info["sizes"]
print("sizes add up:", sum(v for k, v in sizes.items() if k != "file") == sizes["file"])
print("checksum:", len(info["checksum"]), "metadata:", type(info["metadata"]).__name__)'
w2b info "$DATA/tiny.vec" --json | sed '/"sizes"/,/}/d'
w2b info - <m.w2b | sed -n '2,4p'
w2b info none.w2b; echo "exit $?"
: >empty; w2b info empty; echo "exit $?"
cp "$DATA/text.awk" .; w2b info text.awk; echo "exit $?"
w2b info; echo "exit $?"
w2b info m.w2b m.w2b; echo "exit $?"
