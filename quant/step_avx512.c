/*
 * step_avx512.c - training kernels for AVX-512.
 *
 * Cost, for 16 windows, 48 shared negatives and c columns, in vector
 * multiply-adds: 48 * c for the scores, 48 * c for the gradients of the windows
 * (gather) and 48 * c for those of the negatives (spread). The left side of
 * each is broadcast inside the multiply-add, one load each, and two loads are
 * done a cycle: just enough for both multipliers. The 16 by 16 right side of
 * scores and spread stays in 16 registers, 8 more hold sums. The bottleneck are
 * the multipliers while rows come from the cache, then the rows' way from
 * memory.
 */
#include "quant/step_tables.h"

#ifdef __AVX512F__

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define LANES 16
#define ROWS 8
#define KEEP 1
#define STEP_ISA W2B_ISA_AVX512

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

/* 16 x 16 by four rounds of interleaving: pairs of rows, then quadruples, then
 * 128-bit quarters twice. */
static void transpose(const float *a, float *out)
{
    __m512 r[16], t[16];
    for (int i = 0; i < 16; i++)
        r[i] = _mm512_loadu_ps(a + 16 * i);
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xEE);
        r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xDD);
        t[i + 8] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xDD);
    }
    for (int i = 0; i < 4; i++) {
        float *to = out + 16 * i;
        _mm512_storeu_ps(to, _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88));
        _mm512_storeu_ps(to + 64, _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88));
        _mm512_storeu_ps(to + 128, _mm512_shuffle_f32x4(t[i], t[i + 8], 0xDD));
        _mm512_storeu_ps(to + 192, _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xDD));
    }
}

#include "quant/step_vector.h"

const w2b_step_kern *const w2b_step_avx512 = &table;

#else

const w2b_step_kern *const w2b_step_avx512 = 0;

#endif
