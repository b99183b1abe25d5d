/*
 * fixed_avx2.c - training kernels for AVX2.
 *
 * Cost: as for AVX-512 with vectors half as wide, and two instructions for a
 * multiply-add. 16 registers hold 8 sums: 4 rows of scores, 2 woven ones.
 */
#include "quant/fixed_tables.h"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define LANES 8
#define ROWS 4
#define WOVEN 2
#define KEEP 0
#define FIXED_ISA W2B_ISA_AVX2

typedef __m256 vec;
typedef __m256i whole;

#define vec_all _mm256_set1_ps
#define vec_load _mm256_loadu_ps
#define vec_store _mm256_storeu_ps
#define vec_mul _mm256_mul_ps
#define vec_div _mm256_div_ps
#define vec_min _mm256_min_ps
#define vec_max _mm256_max_ps
#define vec_floor _mm256_floor_ps
#define vec_fma _mm256_fmadd_ps
#define vec_fnma _mm256_fnmadd_ps
#define vec_fnms _mm256_fnmsub_ps

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
#define whole_or _mm256_or_si256
#define whole_and _mm256_and_si256
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

INLINE int32_t whole_sum(whole x)
{
    __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1)));
}

INLINE void put_errors(whole x, int16_t *p)
{
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(x, x), 0x08);
    _mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(packed));
}

INLINE vec vec_power(vec n)
{
    const __m256i exponent = _mm256_add_epi32(_mm256_cvttps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}

/* 8 x 8 pairs by three rounds of interleaving. */
INLINE void transpose_8(const int16_t *rows, int32_t *out)
{
    vec r[8], t[8];
    for (int i = 0; i < 8; i++) r[i] = _mm256_castsi256_ps(whole_load(rows + 32 * i));
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
        int32_t *to = out + 16 * i;
        whole_store(to, _mm256_castps_si256(_mm256_permute2f128_ps(r[i], r[i + 4], 0x20)));
        whole_store(to + 64, _mm256_castps_si256(_mm256_permute2f128_ps(r[i], r[i + 4], 0x31)));
    }
}

static void transpose(const int16_t *rows, int32_t *out)
{
    transpose_8(rows, out);
    transpose_8(rows + 16, out + 8 * 16);
    transpose_8(rows + 8 * 32, out + 8);
    transpose_8(rows + 8 * 32 + 16, out + 8 * 16 + 8);
}

#include "quant/fixed_vector.h"

const w2b_fixed_kern *const w2b_fixed_avx2 = &table;

#else

const w2b_fixed_kern *const w2b_fixed_avx2 = 0;

#endif
