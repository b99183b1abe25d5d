#!/bin/sh
# Speed of searches: alone, next to FAISS, and next to gensim. `make bench-search`
# calls this with the programs in W2B and BENCH. Peers that are not installed are
# skipped in a line. VECTORS=FILE.bin names the vectors (word2vec, binary) for the
# questions of the Google set.
set -eu
cd "$(dirname "$0")/../.."
export PYTHONDONTWRITEBYTECODE=1
sed -n 's/^model name[^:]*: /machine: /p' /proc/cpuinfo 2>/dev/null | head -n 1
"$BENCH"
python=python3
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import faiss' 2>/dev/null; then
        python=$candidate
        break
    fi
done
"$python" tests/bench/faiss_peers.py "$BENCH" "$W2B"
questions=${W2B_SHARED:-../shared}/data/eval/questions-words.txt
if [ -z "${VECTORS-}" ]; then
    echo "skip: gensim, since VECTORS does not name any"
elif [ ! -e "$questions" ]; then
    echo "skip: gensim, since $questions is not there"
else
    "$python" tests/bench/analogies.py "$W2B" "$VECTORS" "$questions"
fi
