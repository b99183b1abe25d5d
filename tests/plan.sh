#!/usr/bin/env bash
# A training run takes no more memory than `w2b train --dry-run` says, whatever the
# larger part of it is: the matrices, counting the text, the buffers, the model
# to update. 5% are for what the allocator and the kernel round up.
# Closes with: N passed, N failed.
set -u
cd "$(dirname "$0")/.." || exit 1

if [ -n "${SAN-}" ] || [ ! -r /proc/self/status ] || ! command -v python3 >/dev/null; then
    echo "skip: for plain builds on Linux with python3"
    exit 0
fi
# shellcheck source=tests/expect.bash
. tests/expect.bash
w2b=${W2B:-$PWD/w2b}
"${GEN:-.build/gen}" --tables data/tables --words 1M -o "$tmp/text.txt" || exit 1
# as many different words as a large corpus has
seq 1 20000 | awk '{ print "x" $1 * 7919 " y" $1, "x" $1 * 7919 " y" $1 }' >>"$tmp/text.txt"

# keeps_to OPTION...
keeps_to()
{
    W2B=$w2b python3 - "$tmp" "$@" <<'END'
import json, os, resource, subprocess, sys

w2b, tmp, options = os.environ["W2B"], sys.argv[1], sys.argv[2:]
train = [w2b, "train", tmp + "/text.txt", "--threads", "2", "--epochs", "1", "--window", "2",
         "--negative", "2"] + options
plan = json.loads(subprocess.run(train + ["--dry-run", "--json"], check=True,
                                 capture_output=True).stdout)["memory"]
subprocess.run(train + ["-q", "-f", "-o", tmp + "/model.w2b"], check=True)
taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(options, "took", taken, "of", plan)
sys.exit(taken > 1.05 * plan["total"])
END
}
expect "matrices" keeps_to --min-count 2 --dim 300
expect "matrices and floats stored" keeps_to --min-count 2 --dim 200 --bits 32
expect "counting" keeps_to --dim 16 --min-count 100
expect "ids in a file" keeps_to --dim 16 --memory 100K --spool-dir "$tmp"
expect "buffers" keeps_to --dim 1000 --min-count 100 --streams 64 --block 64
cp "$tmp/model.w2b" "$tmp/base.w2b"
expect "an update" keeps_to --update "$tmp/base.w2b" --min-count 100
expect "checkpoints" keeps_to --dim 64 --min-count 2 --checkpoint "$tmp/run.state" --every 0.001
finish
