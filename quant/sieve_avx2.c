/*
 * sieve_avx2.c - the sieve for AVX2.
 *
 * kernel       instructions, about (32 numbers of a row)
 * dots         7 at 1, 2, 4 and 8 bits, 19 to 25 at other numbers of bits;
 *              8 bits whose levels are not equally spaced: 2 a number
 * squares      the same, less 1
 * pass_dots    6 for 8 rows
 * pass_counts  3 for 8 rows
 *
 * VPMADDUBSW multiplies numbers without a sign by numbers with one: the
 * magnitudes of the query by the levels, which take the query's sign. Two
 * products of up to 127 * 127 fit into 16 bits. Batches have no kernels of
 * their own: one query after the other goes past rows in the cache.
 *
 * Bottleneck: the shuffles and products, one each a cycle. Overflow: as in
 * sieve_scalar.c.
 */
#include "quant/sieve.h"

#if defined(__AVX2__) && defined(__F16C__) && defined(__POPCNT__)

#include <immintrin.h>
#include <string.h>

#include "quant/unpack_avx2.h"

#define INLINE static inline __attribute__((always_inline))

typedef struct plan {
    unpack_plan group; /* codes as they come */
    __m256i levels;    /* 1, 2, 4 bits: 16 of them, repeating, twice */
} plan;

static void plan_make(plan *p, const w2b_packed *rows)
{
    int8_t levels[16];
    memset(p, 0, sizeof *p);
    for (uint32_t i = 0; i < 16; i++)
        levels[i] = rows->levels[i & ((1u << rows->bits) - 1)];
    p->levels = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)levels));
    if (rows->bits < 8)
        unpack_prepare(&p->group, rows->bits, rows->levels);
}

/* `size` bytes at `from`, which may not be read from `end` on: those are
 * zeros. */
INLINE const uint8_t *within(const uint8_t *from, const uint8_t *end, size_t size, uint8_t *copy)
{
    if (from < end && (size_t)(end - from) >= size)
        return from;
    memset(copy, 0, 32);
    if (from < end)
        memcpy(copy, from, (size_t)(end - from));
    return copy;
}

/* Levels of 8-bit codes: -127, -127, -126, ..., 127, or any. */
INLINE __m256i bytes_32(const w2b_packed *rows, __m256i codes, int even)
{
    if (even) {
        const __m256i moved = _mm256_sub_epi8(codes, _mm256_set1_epi8(-128));
        return _mm256_max_epi8(moved, _mm256_set1_epi8(-127));
    }
    uint8_t from[32];
    int8_t to[32];
    _mm256_storeu_si256((__m256i *)from, codes);
    for (size_t i = 0; i < 32; i++)
        to[i] = rows->levels[from[i]];
    return _mm256_loadu_si256((const __m256i *)to);
}

INLINE __m256i add_products(__m256i sum, __m256i levels, __m256i numbers, int square)
{
    __m256i pairs;
    if (square) {
        levels = _mm256_abs_epi8(_mm256_and_si256(levels, numbers));
        pairs = _mm256_maddubs_epi16(levels, levels);
    } else {
        pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(numbers),
                                     _mm256_sign_epi8(levels, numbers));
    }
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

INLINE int32_t sum_across(__m256i sum)
{
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
    return _mm_cvtsi128_si32(four);
}

/* 64 numbers go as two halves. */
INLINE __m256i row_sum(const plan *p, const w2b_packed *rows, const uint8_t *row,
                       const uint8_t *end, const int8_t *laid, uint32_t bits, int even, int square)
{
    const size_t planned = 64 * w2b_sieve_chunks(rows->dim, bits);
    const __m256i low = _mm256_set1_epi8(15);
    __m256i sum = _mm256_setzero_si256();
    uint8_t copy[32];
    for (size_t at = 0; 8 % bits == 0 && at < planned; at += 32) {
        const uint8_t *from = within(row + at, end, 32, copy);
        __m256i codes = _mm256_loadu_si256((const __m256i *)from);
        const int8_t *numbers = laid + at / 64 * 64 * (8 / bits) + at % 64;
        for (uint32_t s = 0; s < 8 / bits; s++, numbers += 64) {
            __m256i levels;
            if (bits == 8)
                levels = bytes_32(rows, codes, even);
            else
                levels = _mm256_shuffle_epi8(p->levels, _mm256_and_si256(codes, low));
            codes = _mm256_srli_epi16(codes, (int)(bits % 8));
            sum = add_products(sum, levels, _mm256_loadu_si256((const __m256i *)numbers),
                               square);
        }
    }
    for (size_t i = planned * (8 / bits); bits < 8 && i < rows->dim; i += 32) {
        const uint8_t *from = within(row + i / 8 * bits, end, 2 * bits + 16, copy);
        const __m256i levels = levels_32(&p->group, bits, from);
        const __m256i numbers = _mm256_loadu_si256((const __m256i *)(laid + i));
        sum = add_products(sum, levels, numbers, square);
    }
    return sum;
}

INLINE void all_rows(const w2b_packed *rows, const int8_t *laid, uint32_t bits, int even,
                     int square, int32_t *out)
{
    if (rows->n == 0)
        return;
    plan p;
    plan_make(&p, rows);
    /* Loads may run into the rows behind, but not past the last. */
    const uint8_t *end = rows->codes + (rows->n - 1) * rows->stride +
                         ((size_t)rows->dim * bits + 7) / 8;
    for (size_t j = 0; j < rows->n; j++) {
        const uint8_t *row = rows->codes + j * rows->stride;
        out[j] = sum_across(row_sum(&p, rows, row, end, laid, bits, even, square));
    }
}

#include "quant/sieve_bits.h"

static void squares(const w2b_packed *rows, const int8_t *used, uint32_t *out)
{
    rows_by_bits(rows, used, levels_even(rows), 1, (int32_t *)out);
}

/* ----- The bar ------------------------------------------------------------ */

static void pass_dots(const int32_t *dots_, const uint32_t *squares_, size_t n, float bar,
                      uint64_t *passing)
{
    const __m256 all = _mm256_set1_ps(bar), sign = _mm256_set1_ps(-0.0f);
    memset(passing, 0, w2b_sieve_words(n) * sizeof *passing);
    for (size_t j = 0; j < n; j += 8) {
        int32_t dot[8] = { 0 }, square[8] = { 0 };
        const size_t left = n - j < 8 ? n - j : 8;
        memcpy(dot, dots_ + j, left * sizeof *dot);
        memcpy(square, squares_ + j, left * sizeof *square);
        const __m256 a = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)dot));
        const __m256 b = _mm256_cvtepi32_ps(_mm256_loadu_si256((const __m256i *)square));
        const __m256 reach = _mm256_cmp_ps(_mm256_mul_ps(a, _mm256_andnot_ps(sign, a)),
                                           _mm256_mul_ps(all, b), _CMP_GE_OQ);
        const unsigned bits = (unsigned)_mm256_movemask_ps(reach) & ((1u << left) - 1);
        passing[j / 64] |= (uint64_t)bits << j % 64;
    }
}

static void pass_counts(const uint32_t *counts, size_t n, uint32_t limit, uint64_t *passing)
{
    const __m256i all = _mm256_set1_epi32((int)limit);
    memset(passing, 0, w2b_sieve_words(n) * sizeof *passing);
    for (size_t j = 0; j < n; j += 8) {
        uint32_t few[8] = { 0 };
        const size_t left = n - j < 8 ? n - j : 8;
        memcpy(few, counts + j, left * sizeof *few);
        const __m256i count = _mm256_loadu_si256((const __m256i *)few);
        const __m256i reach = _mm256_cmpeq_epi32(_mm256_min_epu32(count, all), count);
        const unsigned bits = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(reach)) &
                              ((1u << left) - 1);
        passing[j / 64] |= (uint64_t)bits << j % 64;
    }
}

const w2b_sieve w2b_sieve_avx2 = {
    .dots = dots,
    .squares = squares,
    .pass_dots = pass_dots,
    .pass_counts = pass_counts
};

#endif
