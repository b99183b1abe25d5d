/*
 * vec_avx512.h - vectors of floats for AVX-512, by the names that the bodies of
 * vectorized training kernels use.
 */
#ifndef W2B_QUANT_VEC_AVX512_H
#define W2B_QUANT_VEC_AVX512_H

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define LANES 16

typedef __m512 vec;

#define vec_zero _mm512_setzero_ps
#define vec_all _mm512_set1_ps
#define vec_load _mm512_loadu_ps
#define vec_store _mm512_storeu_ps
#define vec_add _mm512_add_ps
#define vec_mul _mm512_mul_ps
#define vec_div _mm512_div_ps
#define vec_min _mm512_min_ps
#define vec_max _mm512_max_ps
#define vec_fma _mm512_fmadd_ps
#define vec_fnma _mm512_fnmadd_ps
#define vec_fnms _mm512_fnmsub_ps

INLINE vec vec_floor(vec x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

INLINE vec vec_power(vec n)
{
    const __m512i exponent = _mm512_add_epi32(_mm512_cvttps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23));
}

INLINE vec vec_sign(vec x, vec a, vec b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, vec_zero(), _CMP_GE_OQ), b, a);
}

INLINE vec vec_load_some(const float *p, size_t n)
{
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}

INLINE vec vec_keep_some(vec x, size_t n)
{
    return _mm512_maskz_mov_ps((__mmask16)((1u << n) - 1), x);
}

#endif
