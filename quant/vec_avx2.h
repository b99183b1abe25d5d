/*
 * vec_avx2.h - vectors of floats for AVX2 with FMA, by the names that the bodies of
 * vectorized training kernels use.
 */
#ifndef W2B_QUANT_VEC_AVX2_H
#define W2B_QUANT_VEC_AVX2_H

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define LANES 8

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

#endif
