/*
 * fixed_avx2.c - fixed-point training kernels for AVX2.
 *
 * Cost: as for AVX-512 with vectors half as wide, and two instructions for a
 * multiply-add. 16 registers hold 8 sums: 4 rows of scores, 2 woven ones.
 */
#include "quant/fixed_tables.h"

#if defined(__AVX2__) && defined(__FMA__)

#include <string.h>

#include "quant/vec_avx2.h"

#define ROWS 4
#define WOVEN 2
#define KEEP 0
#define ABREAST 1
#define FIXED_ISA W2B_ISA_AVX2

typedef __m256i whole;

#define whole_zero _mm256_setzero_si256
#define whole_all16 _mm256_set1_epi16
#define whole_all32 _mm256_set1_epi32
#define whole_load(p) _mm256_loadu_si256((const __m256i *)(p))
#define whole_store(p, x) _mm256_storeu_si256((__m256i *)(p), x)
#define whole_add16 _mm256_add_epi16
#define whole_sub16 _mm256_sub_epi16
#define whole_add32 _mm256_add_epi32
#define whole_sub32 _mm256_sub_epi32
#define whole_adds16 _mm256_adds_epi16
#define whole_min16 _mm256_min_epi16
#define whole_max16 _mm256_max_epi16
#define whole_low _mm256_unpacklo_epi16
#define whole_high _mm256_unpackhi_epi16
#define whole_pack _mm256_packs_epi32
#define to_float _mm256_cvtepi32_ps
#define to_whole _mm256_cvtps_epi32

INLINE whole whole_dot(whole sum, whole a, whole b)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

INLINE whole whole_shift16(whole x, int n)
{
    return _mm256_sra_epi16(x, _mm_cvtsi32_si128(n));
}

INLINE void put_errors(whole x, int16_t *p)
{
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(x, x), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(packed));
}

INLINE void expand_bits(uint32_t word, whole value, whole out[2])
{
    const __m256i bit = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096,
                                          8192, 16384, -32768);
    for (int v = 0; v < 2; v++) {
        const __m256i half = _mm256_set1_epi16((short)(word >> 16 * v));
        out[v] = _mm256_and_si256(_mm256_cmpeq_epi16(_mm256_and_si256(half, bit), bit), value);
    }
}

INLINE uint32_t take_bits(const whole x[2], int j)
{
    const __m128i up = _mm_cvtsi32_si128(15 - j);
    __m256i all = _mm256_packs_epi16(_mm256_srai_epi16(_mm256_sll_epi16(x[0], up), 15),
                                     _mm256_srai_epi16(_mm256_sll_epi16(x[1], up), 15));
    all = _mm256_permute4x64_epi64(all, 0xD8);
    return (uint32_t)_mm256_movemask_epi8(all);
}

INLINE uint32_t take_signs(const whole x[2])
{
    return ~take_bits(x, 15);
}

#include "quant/fixed_vector.h"

const w2b_fixed_kern *const w2b_fixed_avx2 = &table;

#else

const w2b_fixed_kern *const w2b_fixed_avx2 = 0;

#endif
