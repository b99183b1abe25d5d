#!/usr/bin/env bash
# The page that `w2b map` writes, in a real browser: tests/map_browser.py says what
# is looked at. Its words hold markup, quotes, other scripts and bytes that are no
# UTF-8. Skipped where chromium and its driver are not installed.
set -u
cd "$(dirname "$0")/.." || exit 1
export PYTHONDONTWRITEBYTECODE=1 OMP_WAIT_POLICY=passive

for program in chromium chromedriver; do
    if ! command -v "$program" >/dev/null; then
        echo "skip: $program is not installed"
        exit 0
    fi
done
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

# Eight groups of words around directions of their own; "river" is among many.
python3 - >"$tmp/words.vec" <<'PY'
import random
import sys

random.seed(7)
odd = [b"</script><script>broken=1</script>", b"<img/src=x/onerror=broken=1>", b"\"'&amp;\\u0041",
       b"<!--", b"\xff\xfe", "\u00fcber".encode(), "\u6c34".encode(), "\u0645\u0627\u0621".encode()]
words = [b"river"] + odd + [b"word%d" % i for i in range(391)]
out = sys.stdout.buffer
out.write(b"%d 16\n" % len(words))
for i, word in enumerate(words):
    # All the odd words are near river.
    group = 0 if i < 12 else i % 8
    row = [random.gauss(3 * (axis == group), .4) for axis in range(16)]
    out.write(word + b"".join(b" %.4f" % x for x in row) + b"\n")
PY
"${W2B:-./w2b}" map "$tmp/words.vec" -o "$tmp/words.html" --title "Rivers & <others>" -q || exit 1
tests/map_browser.py "$tmp/words.html" river
