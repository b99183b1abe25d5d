/*
 * step_avx2.c - training kernels for AVX2 with FMA.
 *
 * Cost: as for AVX-512 with vectors half as wide: 4 rows by 2 vectors of sums,
 * 8 multiply-adds for 6 loads, two of which are done a cycle. The right side
 * does not fit into 16 registers and is loaded again for every 4 rows. The
 * bottleneck are the multipliers.
 */
#include "quant/step_tables.h"

#if defined(__AVX2__) && defined(__FMA__)

#include "quant/vec_avx2.h"

#define ROWS 4
#define KEEP 0
#define STEP_ISA W2B_ISA_AVX2

/* 8 x 8 by three rounds of interleaving; rows are 16 apart. */
INLINE void transpose_8(const float *a, float *out)
{
    vec r[8], t[8];
    for (int i = 0; i < 8; i++)
        r[i] = vec_load(a + 16 * i);
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xEE);
        r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        float *to = out + 16 * i;
        vec_store(to, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
        vec_store(to + 64, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
    }
}

static void transpose(const void *from, void *to)
{
    const float *a = from;
    float *out = to;
    transpose_8(a, out);
    transpose_8(a + 8, out + 8 * 16);
    transpose_8(a + 8 * 16, out + 8);
    transpose_8(a + 8 * 16 + 8, out + 8 * 16 + 8);
}

#include "quant/step_vector.h"

const w2b_step_kern *const w2b_step_avx2 = &table;

#else

const w2b_step_kern *const w2b_step_avx2 = 0;

#endif
