#!/usr/bin/env bash
# Every check of this folder can fail: each is shown a small tree that is well, then
# the same tree with one thing wrong. Closes with: N passed, N failed.
set -u
cd "$(dirname "$0")/../.." || exit 1

if [ -n "${SAN-}" ] || [ "$(uname -m)" != x86_64 ]; then
    echo "skip: for plain builds on x86-64"
    exit 0
fi
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/{word2bits,quant,io,eval,cli,data,tests,.ci}
cp -r tests/lint "$tmp/tests/lint"
: >"$tmp/tests/lint/exceptions"
export W2B_LIB=$tmp W2B_BUILD=$tmp PYTHONDONTWRITEBYTECODE=1
cd "$tmp" || exit 1
passed=0 failed=0

build()
{
    mkdir -p current/quant &&
        "${CC:-cc}" -O2 -I. -fPIC -fvisibility=hidden -c -o current/quant/a.o quant/a.c &&
        "${CC:-cc}" -O2 -mavx2 -fPIC -fvisibility=hidden -c -o current/quant/a_avx2.o \
            quant/a_avx2.c &&
        "${CC:-cc}" -shared -o libw2b.so current/quant/*.o
}

well()
{
    cat >word2bits/w2b.h <<'END'
#define W2B_API __attribute__((visibility("default")))
/* Text. */
W2B_API int w2b_one(const char *name,
                    int number);
END
    cat >quant/a.c <<'END'
#include "word2bits/w2b.h"
static const char *const names[] = {"one", "sprintf(two)"};

int w2b_one(const char *name, int number)
{
    return names[number & 1] == name; /* not atoi(name) */
}
END
    cat >quant/a_avx2.c <<'END'
#include <immintrin.h>
void w2b_two(int *x);

void w2b_two(int *x)
{
    _mm256_storeu_si256((__m256i *)x, _mm256_set1_epi32(*x));
}
END
    printf 'all:\n\ttrue\n' >Makefile
    printf '#!/bin/sh\ntrue\n' >.ci/run
    chmod +x .ci/run
    [ -d current ] || build
}

# passes CHECK
passes()
{
    if "tests/lint/$1" >log 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1 finds fault with a tree that is well:"
        cat log
    fi
}

# fails CHECK TEXT: and says so in a line that holds TEXT; then mends the tree
fails()
{
    if "tests/lint/$1" >log 2>&1 || ! grep -qF -- "$2" log; then
        failed=$((failed + 1))
        echo "FAILED: $1 does not say \"$2\":"
        cat log
    else
        passed=$((passed + 1))
    fi
    well
}

well || exit 1
for check in layers calls limits exports objects; do passes check_$check.py; done
passes scripts.sh

echo '#include "io/base.h"' >>quant/a.c && : >io/base.h
fails check_layers.py 'quant/ may not include "io/base.h"'
echo '#include "base.h"' >>quant/a.c
fails check_layers.py 'no such file'
echo '#include <stdio.h>' >>quant/a.c
fails check_layers.py 'no use for <stdio.h>'
for call in strcpy sprintf atoi rand strtok printf getenv exit log malloc; do
    echo "int b = $call(0);" >>quant/a.c
    fails check_calls.py "quant/a.c:8: $call is not used"
done
echo 'int b = stderr;' >>quant/a.c
fails check_calls.py 'stderr'
echo '#pragma GCC target("avx2")' >>quant/a.c
fails check_calls.py 'Makefile'
echo '#pragma omp parallel for schedule(static)' >>quant/a.c
fails check_calls.py 'how many threads'
printf '/* %100s */\n' x >>quant/a.c
fails check_limits.py 'quant/a.c:8: 106 columns'
echo 'int b; // no' >>quant/a.c
fails check_limits.py 'quant/a.c:8: a // comment'
printf '\tint b;\n' >>quant/a.c
fails check_limits.py 'a tab'
echo 'int b; ' >>quant/a.c
fails check_limits.py 'white space'
echo >>quant/a.c
fails check_limits.py 'newline'
{
    printf 'int f(void)\n{\n'
    for ((i = 0; i < 79; i++)); do echo '    ;'; done
    echo '}'
} >>quant/a.c
fails check_limits.py 'quant/a.c:9: f has 81 lines'
for ((i = 0; i < 794; i++)); do echo '/* */'; done >>quant/a.c
fails check_limits.py 'quant/a.c: 801 lines'
echo 'limits quant/a.c:f it is a table' >tests/lint/exceptions
fails check_limits.py 'not needed any more'
: >tests/lint/exceptions
echo 'W2B_API void w2b_none(void);' >>word2bits/w2b.h
fails check_exports.py 'w2b_none is declared'
echo 'void w2b_plain(void);' >>word2bits/w2b.h
fails check_exports.py 'w2b_plain lacks W2B_API'
build
echo 'W2B_API int secret(void); int secret(void) { return 1; }' >>quant/a.c && build
fails check_exports.py 'secret is exported'
echo 'int w2b_three; int w2b_four(void) { static int n; return n++; }' >>quant/a.c && build
fails check_objects.py 'variable'
cat quant/a_avx2.c >>quant/a.c
"${CC:-cc}" -I. -mavx2 -c -o current/quant/a.o quant/a.c
fails check_objects.py 'not for every processor'
build
"${CC:-cc}" -O2 -mavx512f -c -o current/quant/a_avx2.o -x c - <<'END'
#include <immintrin.h>
void f(__m512i *p)
{
    *p = _mm512_add_epi32(*p, *p);
}
END
fails check_objects.py 'not for every processor'
# shellcheck disable=SC2016 # the script says it, not this one
printf '#!/bin/sh\ncd $1\n' >.ci/run
fails scripts.sh 'SC2086'
chmod -x .ci/run
fails scripts.sh 'not executable'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
