/*
 * sieve_avx2.c - the sieve for AVX2.
 *
 * kernel       instructions, about (32 numbers of a row)
 * dots         7 at 1, 2, 4 and 8 bits, 19 to 25 at other numbers of bits;
 *              8 bits whose levels are not equally spaced: 2 a number
 * squares      the same, less 1
 * pass_dots    6 for 8 rows
 * pass_counts  3 for 8 rows
 * batch_dots   1 a number and 8 rows
 * batch_tables 2.5 a step and 32 rows
 *
 * VPMADDUBSW multiplies numbers without a sign by numbers with one: the
 * magnitudes of the query by the levels, which take the query's sign. Two
 * products of up to 127 * 127 fit into 16 bits. A shuffle looks up 32 entries of
 * tables, whose 16 entries are the same in both halves.
 *
 * Bottleneck: the shuffles and products, one each a cycle. Overflow: as in
 * sieve_scalar.c.
 */
#include "quant/sieve.h"

#if defined(__AVX2__) && defined(__F16C__) && defined(__POPCNT__)

#include <immintrin.h>
#include <string.h>

#include "quant/scan.h"
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

/* ----- Batches ------------------------------------------------------------ */

#define SIDE_ROWS 32

INLINE __m256i load_32(const void *from)
{
    return _mm256_loadu_si256((const __m256i *)from);
}

/* The dots of 32 rows against a bar, and their squares. */
INLINE uint32_t reach_32(const __m256i *dot, const uint32_t *squares_, size_t left, float bar)
{
    const __m256 all = _mm256_set1_ps(bar), sign = _mm256_set1_ps(-0.0f);
    uint32_t few[SIDE_ROWS] = { 0 }, bits = 0;
    if (left < SIDE_ROWS) {
        memcpy(few, squares_, left * sizeof *few);
        squares_ = few;
    }
    for (size_t j = 0; j < 4; j++) {
        const __m256 a = _mm256_cvtepi32_ps(dot[j]);
        const __m256 b = _mm256_cvtepi32_ps(load_32(squares_ + 8 * j));
        const __m256 reach = _mm256_cmp_ps(_mm256_mul_ps(a, _mm256_andnot_ps(sign, a)),
                                           _mm256_mul_ps(all, b), _CMP_GE_OQ);
        bits |= (uint32_t)_mm256_movemask_ps(reach) << 8 * j;
    }
    return left < SIDE_ROWS ? bits & ((UINT32_C(1) << left) - 1) : bits;
}

INLINE void put_32(const w2b_sieve_batch *batch, size_t query, size_t row, uint32_t bits)
{
    uint64_t *word = batch->passing + query * batch->passing_stride + row / 64;
    *word = row % 64 == 0 ? bits : *word | (uint64_t)bits << 32;
}

/* Four numbers of each of 32 rows, then the next four. */
static void turn_dots(const int16_t *rows, size_t n, uint32_t dim, uint8_t *turned)
{
    const size_t width = w2b_scan_width(dim);
    for (size_t j = 0; j < n; j++, rows += width) {
        uint8_t *to = turned + j / SIDE_ROWS * SIDE_ROWS * width + j % SIDE_ROWS * 4;
        for (size_t k = 0; k < width; k += 16) {
            uint8_t bytes[16];
            const __m128i low = _mm_loadu_si128((const __m128i *)(rows + k));
            const __m128i high = _mm_loadu_si128((const __m128i *)(rows + k + 8));
            _mm_storeu_si128((__m128i *)bytes, _mm_packs_epi16(low, high));
            for (size_t i = 0; i < 16; i += 4)
                memcpy(to + (k + i) * SIDE_ROWS, bytes + i, 4);
        }
    }
}

/* 16 rows of a side against `many` queries, a constant up to 4 where this is
 * inlined: 8 sums, 2 rows and 5 others stay within the 16 registers. */
INLINE void dots_tile(size_t many, const uint8_t *turned, uint32_t dim, const int8_t *queries,
                      size_t width, __m256i (*dots_)[4])
{
    __m256i sum[4][2];
    for (size_t i = 0; i < many; i++)
        sum[i][0] = sum[i][1] = _mm256_setzero_si256();
    size_t k = 0;
    do {
        const __m256i low = load_32(turned + k * SIDE_ROWS);
        const __m256i high = load_32(turned + k * SIDE_ROWS + 32);
        for (size_t i = 0; i < many; i++) {
            int32_t four;
            memcpy(&four, queries + i * width + k, 4);
            const __m256i numbers = _mm256_set1_epi32(four);
            sum[i][0] = add_products(sum[i][0], low, numbers, 0);
            sum[i][1] = add_products(sum[i][1], high, numbers, 0);
        }
        k += 4;
    } while (k < dim);
    for (size_t i = 0; i < many; i++)
        memcpy(dots_[i], sum[i], sizeof sum[i]);
}

static void batch_dots(const w2b_sieve_batch *batch, uint32_t dim,
                       const w2b_sieve_numbers *queries, const uint32_t *squares_,
                       const float *bars)
{
    const size_t width = w2b_scan_width(dim);
    __m256i sum[4][4];
    for (size_t row = 0; row < batch->rows; row += SIDE_ROWS) {
        const uint8_t *from = batch->turned + row * width;
        for (size_t i = 0, many; i < batch->queries; i += many) {
            const int8_t *few = queries->numbers + i * width;
            many = batch->queries - i < 4 ? 1 : 4;
            for (size_t half = 0; half < 2; half++) {
                __m256i dot[4][4];
                if (many == 4)
                    dots_tile(4, from + 64 * half, dim, few, width, dot);
                else
                    dots_tile(1, from + 64 * half, dim, few, width, dot);
                for (size_t m = 0; m < many; m++)
                    memcpy(&sum[m][2 * half], dot[m], 2 * sizeof dot[m][0]);
            }
            for (size_t m = 0; m < many; m++)
                put_32(batch, i + m, row,
                       reach_32(sum[m], squares_ + row, batch->rows - row, bars[i + m]));
        }
    }
}

/* 16 registers of 8 bytes each to 8 of 16, the first of all being the first. */
INLINE void turn_bytes(const __m128i *from, __m128i *to)
{
    __m128i a[8], b[8];
    for (size_t i = 0; i < 8; i++)
        a[i] = _mm_unpacklo_epi8(from[i], from[i + 8]);
    for (size_t i = 0; i < 4; i++) {
        b[i] = _mm_unpacklo_epi8(a[i], a[i + 4]);
        b[i + 4] = _mm_unpackhi_epi8(a[i], a[i + 4]);
    }
    for (size_t h = 0; h < 2; h++) {
        for (size_t i = 0; i < 2; i++) {
            a[4 * h + i] = _mm_unpacklo_epi8(b[4 * h + i], b[4 * h + i + 2]);
            a[4 * h + i + 2] = _mm_unpackhi_epi8(b[4 * h + i], b[4 * h + i + 2]);
        }
    }
    for (size_t q = 0; q < 4; q++) {
        to[2 * q] = _mm_unpacklo_epi8(a[2 * q], a[2 * q + 1]);
        to[2 * q + 1] = _mm_unpackhi_epi8(a[2 * q], a[2 * q + 1]);
    }
}

/* A step of each of 32 rows to a byte, then the next step. Rows past the last
 * are zeros. */
static void turn_tables(const uint8_t *codes, size_t stride, size_t n, size_t steps,
                        uint8_t *turned)
{
    const __m128i low = _mm_set1_epi8(15);
    for (size_t row = 0; row < n; row += 16) {
        uint8_t *to = turned + row / SIDE_ROWS * SIDE_ROWS * steps + row % SIDE_ROWS;
        for (size_t at = 0; at < stride && at < steps / 2; at += 8, to += 16 * SIDE_ROWS) {
            __m128i eight[16], bytes[8];
            for (size_t j = 0; j < 16; j++) {
                uint64_t word = 0;
                if (row + j < n)
                    memcpy(&word, codes + (row + j) * stride + at,
                           stride - at < 8 ? stride - at : 8);
                eight[j] = _mm_cvtsi64_si128((long long)word);
            }
            turn_bytes(eight, bytes);
            for (size_t i = 0; i < 8; i++) {
                const __m128i high = _mm_srli_epi16(bytes[i], 4);
                _mm_storeu_si128((__m128i *)(to + 2 * i * SIDE_ROWS), _mm_and_si128(bytes[i], low));
                _mm_storeu_si128((__m128i *)(to + (2 * i + 1) * SIDE_ROWS),
                                 _mm_and_si128(high, low));
            }
        }
    }
}

/* Numbers of 16 bits, of rows 0, 2, ... and 1, 3, ..., to 32 bits, in order, added
 * to sums. */
INLINE void add_wide(__m256i even, __m256i odd, __m256i *sum)
{
    const __m256i low = _mm256_unpacklo_epi16(even, odd), high = _mm256_unpackhi_epi16(even, odd);
    const __m128i eights[4] = { _mm256_castsi256_si128(low), _mm256_castsi256_si128(high),
                                _mm256_extracti128_si256(low, 1),
                                _mm256_extracti128_si256(high, 1) };
    for (size_t j = 0; j < 4; j++)
        sum[j] = _mm256_add_epi32(sum[j], _mm256_cvtepu16_epi32(eights[j]));
}

/* Steps whose entries add up to less than 2^16. */
#define SPAN 1024

/* Keeps a sum in a register and in its order: compilers that add otherwise, or
 * load again, have too few registers. */
INLINE void keep(__m256i *sum)
{
    __asm__("" : "+x"(*sum));
}

/* Two times 32 rows against one or two queries, and a span of steps. Four entries
 * stay within a byte; what is added as 16 bits has 256 times the odd rows in it,
 * which leave it at the end. */
INLINE void tables_span(size_t many, const uint8_t *turned, size_t steps, size_t n,
                        const uint8_t *entries, __m256i (*sum)[8])
{
    __m256i both[2][2], odd[2][2];
    for (size_t i = 0; i < many; i++)
        both[i][0] = both[i][1] = odd[i][0] = odd[i][1] = _mm256_setzero_si256();
    for (size_t at = 0; at < n; at += 4) {
        __m256i few[2][2];
        for (size_t s = 0; s < 4; s++) {
            const uint8_t *from = turned + (at + s) * SIDE_ROWS;
            const __m256i place[2] = { load_32(from), load_32(from + steps * SIDE_ROWS) };
            for (size_t i = 0; i < many; i++) {
                const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128(
                    (const __m128i *)(entries + (i * steps + at + s) * 16)));
                for (size_t j = 0; j < 2; j++) {
                    const __m256i found = _mm256_shuffle_epi8(table, place[j]);
                    few[i][j] = s == 0 ? found : _mm256_add_epi8(few[i][j], found);
                    keep(&few[i][j]);
                }
            }
        }
        for (size_t i = 0; i < many; i++) {
            for (size_t j = 0; j < 2; j++) {
                both[i][j] = _mm256_add_epi16(both[i][j], few[i][j]);
                odd[i][j] = _mm256_add_epi16(odd[i][j], _mm256_srli_epi16(few[i][j], 8));
            }
        }
    }
    for (size_t i = 0; i < many; i++) {
        for (size_t j = 0; j < 2; j++)
            add_wide(_mm256_sub_epi16(both[i][j], _mm256_slli_epi16(odd[i][j], 8)), odd[i][j],
                     sum[i] + 4 * j);
    }
}

/* 64 rows against one or two queries. */
INLINE void tables_tile(size_t many, const w2b_sieve_batch *batch, size_t row, size_t steps,
                        const uint8_t *entries, __m256i (*sum)[8])
{
    memset(sum, 0, many * sizeof *sum);
    for (size_t at = 0; at < steps; at += SPAN)
        tables_span(many, batch->turned + row * steps + at * SIDE_ROWS, steps,
                    steps - at < SPAN ? steps - at : SPAN, entries + at * 16, sum);
}

static void batch_tables(const w2b_sieve_batch *batch, size_t steps,
                         const w2b_sieve_tables *queries, const uint32_t *squares_,
                         const float *bars)
{
    for (size_t row = 0; row < batch->rows; row += 64) {
        for (size_t i = 0, many; i < batch->queries; i += many) {
            const uint8_t *entries = queries->entries + i * steps * 16;
            __m256i sum[2][8];
            many = batch->queries - i < 2 ? 1 : 2;
            if (many == 2)
                tables_tile(2, batch, row, steps, entries, sum);
            else
                tables_tile(1, batch, row, steps, entries, sum);
            for (size_t m = 0; m < many; m++) {
                const __m256i unit = _mm256_set1_epi32(queries->units[i + m]);
                const __m256i least = _mm256_set1_epi32(queries->least[i + m]);
                for (size_t j = 0; j < 8; j++)
                    sum[m][j] = _mm256_add_epi32(_mm256_mullo_epi32(sum[m][j], unit), least);
                for (size_t at = row; at < row + 64 && at < batch->rows; at += SIDE_ROWS)
                    put_32(batch, i + m, at,
                           reach_32(sum[m] + (at - row) / 8, squares_ + at, batch->rows - at,
                                    bars[i + m]));
            }
        }
    }
}

const w2b_sieve w2b_sieve_avx2 = {
    .dots = dots,
    .squares = squares,
    .pass_dots = pass_dots,
    .pass_counts = pass_counts,
    .turn_dots = turn_dots,
    .batch_dots = batch_dots,
    .table_bits = 4,
    .turn_tables = turn_tables,
    .batch_tables = batch_tables
};

#endif
