#!/usr/bin/env bash
# What the methods of `w2b quantize` lose, beside FAISS in as many bytes: prints, or
# writes to a file, what methods.csv is, for any vectors.
#
#   tests/quality/methods.sh VECTORS.bin [-o OUT.csv] [--methods A,B] [--bits 1,2] [--no-faiss]
#
# VECTORS.bin is binary word2vec. Needs a python3 with numpy (Debian: python3-numpy), and
# leaves FAISS out where that python has no module of it (python3-faiss). methods.csv is of
# 300 numbers a word, trained by gensim on 17 million words; see README.txt.
set -u
cd "$(dirname "$0")/../.." || exit 1
if [ $# -eq 0 ]; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
vectors=$(cd "${OLDPWD}" && realpath "$1") || exit 1
shift
output=-
rest=()
while [ $# -gt 0 ]; do
    case $1 in
        -o)
            output=$2
            case $output in - | /*) ;; *) output=$OLDPWD/$output ;; esac
            shift 2
            ;;
        *)
            rest+=("$1")
            shift
            ;;
    esac
done
for python in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$python" -c 'import numpy' 2>/dev/null; then
        exec "$python" tests/quality/methods.py "$vectors" -o "$output" "${rest[@]}"
    fi
done
echo "methods.sh: no python3 with numpy" >&2
exit 1
