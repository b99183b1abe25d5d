/*
 * fixed_avx512.c - training kernels for AVX-512 with VNNI.
 *
 * Cost, for 32 windows, n shared negatives and c columns, in multiply-adds of 32
 * products each: n * c for each of scores, gather and spread. Broadcast operands
 * of scores are read by the instruction itself; woven products read each once for
 * two of them. Then moving a row costs about 12 instructions for 32 columns, and a
 * read and a write of 64 bytes, which come from memory: the bottleneck, once
 * n is 24 or less.
 */
#include "quant/fixed_tables.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define LANES 16
#define ROWS 8
#define WOVEN 8
#define KEEP 1
#define FIXED_ISA W2B_ISA_AVX512

typedef __m512 vec;
typedef __m512i whole;

#define vec_all _mm512_set1_ps
#define vec_load _mm512_loadu_ps
#define vec_store _mm512_storeu_ps
#define vec_mul _mm512_mul_ps
#define vec_div _mm512_div_ps
#define vec_min _mm512_min_ps
#define vec_max _mm512_max_ps
#define vec_fma _mm512_fmadd_ps
#define vec_fnma _mm512_fnmadd_ps
#define vec_fnms _mm512_fnmsub_ps

#define whole_zero _mm512_setzero_si512
#define whole_all16 _mm512_set1_epi16
#define whole_all32 _mm512_set1_epi32
#define whole_load _mm512_loadu_si512
#define whole_store _mm512_storeu_si512
#define whole_add16 _mm512_add_epi16
#define whole_sub16 _mm512_sub_epi16
#define whole_add32 _mm512_add_epi32
#define whole_sub32 _mm512_sub_epi32
#define whole_adds16 _mm512_adds_epi16
#define whole_min16 _mm512_min_epi16
#define whole_max16 _mm512_max_epi16
#define whole_or _mm512_or_si512
#define whole_and _mm512_and_si512
#define whole_low _mm512_unpacklo_epi16
#define whole_high _mm512_unpackhi_epi16
#define whole_pack _mm512_packs_epi32
#define to_float _mm512_cvtepi32_ps
#define to_whole _mm512_cvtps_epi32

/* As an intrinsic, gcc 12 copies the sum to another register before each and back
 * after it, and runs out of registers. */
INLINE whole whole_dot(whole sum, whole a, whole b)
{
#ifdef __clang__
    return _mm512_dpwssd_epi32(sum, a, b);
#else
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
#endif
}

INLINE whole whole_shift16(whole x, int n)
{
    return _mm512_sra_epi16(x, _mm_cvtsi32_si128(n));
}

INLINE int32_t whole_sum(whole x)
{
    return _mm512_reduce_add_epi32(x);
}

INLINE void put_errors(whole x, int16_t *p)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtsepi32_epi16(x));
}

INLINE vec vec_floor(vec x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

INLINE vec vec_power(vec n)
{
    const __m512i exponent = _mm512_add_epi32(_mm512_cvttps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(exponent, 23));
}

/* 16 x 16 by four rounds of interleaving: pairs of rows, then quadruples, then
 * 128-bit quarters twice. */
static void transpose(const int16_t *rows, int32_t *out)
{
    __m512 r[16], t[16];
    for (int i = 0; i < 16; i++) r[i] = _mm512_castsi512_ps(whole_load(rows + 32 * i));
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
        int32_t *to = out + 16 * i;
        whole_store(to, _mm512_castps_si512(_mm512_shuffle_f32x4(t[i], t[i + 8], 0x88)));
        whole_store(to + 64, _mm512_castps_si512(_mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88)));
        whole_store(to + 128, _mm512_castps_si512(_mm512_shuffle_f32x4(t[i], t[i + 8], 0xDD)));
        whole_store(to + 192,
                    _mm512_castps_si512(_mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xDD)));
    }
}

#include "quant/fixed_vector.h"

const w2b_fixed_kern *const w2b_fixed_avx512 = &table;

#else

const w2b_fixed_kern *const w2b_fixed_avx512 = 0;

#endif
