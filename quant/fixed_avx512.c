/*
 * fixed_avx512.c - fixed-point training kernels for AVX-512 with VNNI.
 *
 * Cost, for 32 windows, n shared negatives and c columns, in multiply-adds of 32
 * products each: n * c for each of scores, gather and spread. Broadcast operands
 * of scores are read by the instruction itself; woven products read each once for
 * two of them. Then moving a row costs about 15 instructions for 32 columns, and a
 * read and a write of 64 bytes, which come from memory: the bottleneck, once
 * n is 24 or less.
 */
#include "quant/fixed_tables.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VNNI__)

#include <string.h>

#include "quant/vec_avx512.h"

#define ROWS 8
#define WOVEN 8
#define KEEP 1
#define ABREAST 4
#define FIXED_ISA W2B_ISA_AVX512

typedef __m512i whole;

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

INLINE void put_errors(whole x, int16_t *p)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtsepi32_epi16(x));
}

INLINE void expand_bits(uint32_t word, whole value, whole out[1])
{
    out[0] = _mm512_maskz_mov_epi16(word, value);
}

INLINE uint32_t take_signs(const whole x[1])
{
    return _mm512_cmpge_epi16_mask(x[0], _mm512_setzero_si512());
}

INLINE uint32_t take_bits(const whole x[1], int j)
{
    return _mm512_movepi16_mask(_mm512_sll_epi16(x[0], _mm_cvtsi32_si128(15 - j)));
}

#include "quant/fixed_vector.h"

const w2b_fixed_kern *const w2b_fixed_avx512 = &table;

#else

const w2b_fixed_kern *const w2b_fixed_avx512 = 0;

#endif
