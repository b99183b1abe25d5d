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

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define LANES 8
#define ROWS 4
#define KEEP 0
#define STEP_ISA W2B_ISA_AVX2

typedef __m256 vec;

#define vec_zero _mm256_setzero_ps
#define vec_all _mm256_set1_ps
#define vec_load _mm256_loadu_ps
#define vec_store _mm256_storeu_ps
#define vec_add _mm256_add_ps
#define vec_mul _mm256_mul_ps
#define vec_div _mm256_div_ps
#define vec_min _mm256_min_ps
#define vec_max _mm256_max_ps
#define vec_floor _mm256_floor_ps
#define vec_fma _mm256_fmadd_ps
#define vec_fnma _mm256_fnmadd_ps
#define vec_fnms _mm256_fnmsub_ps

INLINE vec vec_power(vec n)
{
    const __m256i exponent = _mm256_add_epi32(_mm256_cvttps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}

INLINE vec vec_sign(vec x, vec a, vec b)
{
    return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, vec_zero(), _CMP_GE_OQ));
}

INLINE __m256i first_lanes(size_t n)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}

INLINE vec vec_load_some(const float *p, size_t n)
{
    return _mm256_maskload_ps(p, first_lanes(n));
}

INLINE vec vec_keep_some(vec x, size_t n)
{
    return _mm256_and_ps(x, _mm256_castsi256_ps(first_lanes(n)));
}

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

static void transpose(const float *a, float *out)
{
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
