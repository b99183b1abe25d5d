#!/usr/bin/env bash
# What streaming costs: random text of ROWS (default 200000) x DIM (300) numbers is
# made, read, and read and quantized to BITS (2), at one and two threads. Prints a
# table of processor seconds, of text a processor second, of the clock's seconds, and of
# peak memory; the files must be the same. Figures, no test: machines differ.
set -eu
cd "$(dirname "$0")/../.."
export OMP_WAIT_POLICY=passive
w2b=$(realpath "${W2B:-./w2b}")
rows=${ROWS:-200000} dim=${DIM:-300} bits=${BITS:-2}
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/w2b-bench-XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# Five decimals, about as bell-shaped as vectors are.
cat >"$tmp/make.c" <<'END'
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
int main(int n, char **args)
{
    const long rows = atol(args[1]), dim = atol(args[n - 1]);
    uint64_t s = 88172645463325252u;
    printf("%ld %ld\n", rows, dim);
    for (long i = 0; i < rows; i++) {
        printf("w%ld", i);
        for (long k = 0; k < dim; k++) {
            s ^= s << 13, s ^= s >> 7, s ^= s << 17;
            const int x = (int)((s & 65535) + (s >> 16 & 65535) + (s >> 32 & 65535)) - 98302;
            const int size = abs(x) / 2;
            char text[] = " -0.00000", *at = text + (x < 0 ? 0 : 1);
            *at = ' ';
            for (int d = 8, rest = size; d > 3; d--, rest /= 10)
                text[d] = (char)('0' + rest % 10);
            if (x < 0)
                text[1] = '-';
            fputs(at, stdout);
        }
        putchar('\n');
    }
    return 0;
}
END
${CC:-cc} -O2 -o "$tmp/make" "$tmp/make.c"
"$tmp/make" "$rows" "$dim" >"$tmp/v.vec"

# measure NAME COMMAND...: one row of the table.
measure()
{
    python3 - "$@" <<'END'
import os, sys, time
begun = time.monotonic()
pid = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(pid, 0)
if status:
    sys.exit(f"{sys.argv[2:]}: {status}")
busy = used.ru_utime + used.ru_stime
print(f"{sys.argv[1]:32}{busy:9.2f} s {int(os.environ['SIZE']) / 1e6 / busy:7.0f} MB/s"
      f"{time.monotonic() - begun:9.2f} s{used.ru_maxrss / 1024:9.0f} MiB")
END
}
SIZE=$(wc -c <"$tmp/v.vec")
export SIZE
printf '%-32s%11s %12s%11s %12s\n' "$rows x $dim, $((SIZE >> 20)) MiB" processor text clock memory
measure 'read (kept as floats)' "$w2b" info "$tmp/v.vec" >"$tmp/out"
tail -n 1 "$tmp/out" # behind what info says
for threads in 1 2; do
    measure "read and quantize, $threads thread(s)" "$w2b" quantize "$tmp/v.vec" -q \
        -o "$tmp/$threads.w2b" --bits "$bits" --method gauss --threads $threads
done
cmp "$tmp/1.w2b" "$tmp/2.w2b"
measure 'the same, method found' "$w2b" quantize "$tmp/v.vec" -q -o "$tmp/3.w2b" --bits "$bits"
