/*
 * checksum.c - the choice of a checksum function, and the plain one.
 */
#include "io/checksum.h"

#include <xxhash.h>

#include "quant/scan.h"

static uint64_t plain(const void *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}

w2b_checksum_fn w2b_checksum_best(void)
{
    return w2b_checksum_avx2 && w2b_isa_present(W2B_ISA_AVX2) ? w2b_checksum_avx2 : plain;
}
