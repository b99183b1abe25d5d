/*
 * test_checksum.c - the checksums of this processor are those of the library.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <xxhash.h>

#include "io/checksum.h"
#include "quant/num.h"
#include "quant/scan.h"
#include "tests/unit/seed.h"

/* All short lengths, which XXH3 treats in four ways, and some around the
 * lengths of its stripes and blocks; at odd places, too. */
static void all_agree_with_the_library(void **state)
{
    (void)state;
    static uint8_t bytes[300000];
    static const size_t lengths[] = {1023, 1024, 1025, 4096, 65537, 262144, 299990};
    w2b_rng rng;
    w2b_rng_seed(&rng, test_seed(), 1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)w2b_rng_below(&rng, 256);
    }
    const w2b_checksum_fn sums[] = {
        w2b_checksum_best(), w2b_isa_present(W2B_ISA_AVX2) ? w2b_checksum_avx2 : NULL};
    for (size_t s = 0; s < 2; s++) {
        if (sums[s] == NULL) {
            printf("skipped: no AVX2 here\n");
            continue;
        }
        for (size_t at = 0; at < 3; at++) {
            for (size_t n = 0; n < 600; n++) {
                assert_true(sums[s](bytes + at, n) == XXH3_64bits(bytes + at, n));
            }
            for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
                assert_true(sums[s](bytes + at, lengths[i]) ==
                            XXH3_64bits(bytes + at, lengths[i]));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_agree_with_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
