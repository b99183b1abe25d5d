/*
 * checksum_avx2.c - XXH3-64 compiled for AVX2, from the library's own header.
 */
#include "io/checksum.h"

#ifdef __AVX2__

#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t checksum(const void *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}

const w2b_checksum_fn w2b_checksum_avx2 = checksum;

#else

const w2b_checksum_fn w2b_checksum_avx2 = NULL;

#endif
