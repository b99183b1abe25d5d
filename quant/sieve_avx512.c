/*
 * sieve_avx512.c - the sieve for AVX-512 with VBMI, VNNI and VPOPCNTDQ.
 *
 * kernel         instructions, about (a row of 300 numbers, one query)
 * dots           1 bit 22, 2 bits 20, 4 bits 20, 8 bits 19, other bits 32
 * squares        as dots, and 2 more for 64 numbers
 * pass_dots      0.4
 * pass_counts    0.1
 * batch_dots     6: one product of 4 numbers by 16 rows each
 * batch_counts   2.2: 3 for 64 bits of 8 rows each
 *
 * A shuffle finds the levels of 64 codes at once, moved up by 128 into the
 * unsigned range that VPDPBUSD wants; 128 times the sum of the query is
 * taken off at the end. The shuffle looks at the lowest 6 bits of a byte: they
 * hold up to six codes, and a table for each of these says its level whatever
 * the others are, so that codes need neither masking nor shifting.
 *
 * Batches have a row in each 32 or 64 bits of a register, so that no sum runs
 * across one: 16 or 8 rows go in step, and a query's numbers to all of them.
 *
 * Bottlenecks: for one query memory, at 1 to 4 bits close to the shuffles and
 * products (two a cycle on Zen 5, one on Intel); for batches the products and
 * counts. Overflow: 255 * 127 * 65536 < 2^31, and sums wrap anyway.
 */
#include "quant/sieve.h"

#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && \
    defined(__AVX512VBMI__) && defined(__AVX512VNNI__) && defined(__AVX512VPOPCNTDQ__)

#include <immintrin.h>
#include <string.h>

#include "quant/scan.h"

#define PREFETCH_BYTES 8192

#define INLINE static inline __attribute__((always_inline))

INLINE __mmask64 first_64(size_t n)
{
    return n < 64 ? (UINT64_C(1) << n) - 1 : ~UINT64_C(0);
}

/* What codes of some bits need; `bits` is a constant where these are used. */
typedef struct plan {
    __m512i spread, shifts;  /* codes as they come: as in scan_avx512.c */
    __m512i levels[4];       /* of all values of a byte */
    __m512i planes[6];       /* 1, 2, 4 bits: by the lowest 6 bits of a byte,
                                the levels of the codes that lie within them */
} plan;

/* Levels are to be levels + 128 for dots, their magnitudes for squares. Plans are
 * made for each call, of some hundred rows: loops are such that compilers make
 * constants of them. */
INLINE void plan_make(plan *p, const int8_t *levels, uint32_t bits, int magnitudes)
{
    uint8_t spread[64], shifts[64], moved[256];
    for (uint32_t i = 0; i < 64; i++) {
        spread[i] = (uint8_t)(i / 8 * bits + i % 8);
        shifts[i] = (uint8_t)(i % 8 * bits);
    }
    p->spread = _mm512_loadu_si512(spread);
    p->shifts = _mm512_loadu_si512(shifts);
    for (uint32_t i = 0; i < 1u << bits; i++)
        moved[i] = (uint8_t)(!magnitudes ? levels[i] + 128
                             : levels[i] < 0 ? -levels[i]
                                             : levels[i]);
    for (uint32_t n = 1u << bits; n < 256; n *= 2)
        memcpy(moved + n, moved, n);
    for (size_t i = 0; i < 4; i++)
        p->levels[i] = _mm512_loadu_si512(moved + 64 * i);
    for (uint32_t s = 0; 8 % bits == 0 && (s + 1) * bits <= 6; s++) {
        uint8_t code[64];
        for (uint32_t i = 0; i < 64; i++)
            code[i] = (uint8_t)(i >> s * bits);
        p->planes[s] = _mm512_permutexvar_epi8(_mm512_loadu_si512(code), p->levels[0]);
    }
}

INLINE __m512i look_up(const plan *p, __m512i codes, uint32_t bits)
{
    if (bits <= 6)
        return _mm512_permutexvar_epi8(codes, p->levels[0]);
    const __m512i low = _mm512_permutex2var_epi8(p->levels[0], codes, p->levels[1]);
    if (bits == 7)
        return low;
    const __m512i high = _mm512_permutex2var_epi8(p->levels[2], codes, p->levels[3]);
    return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(codes), high);
}

/* Levels of plane s of the bytes `packed`. `even` levels of 8 bits are 1, 1, 2,
 * ..., 255 when moved up, and need no table. */
INLINE __m512i plane(const plan *p, __m512i packed, uint32_t s, uint32_t bits, int even)
{
    if (even)
        return _mm512_max_epu8(packed, _mm512_set1_epi8(1));
    if (bits == 8)
        return look_up(p, packed, bits);
    const uint32_t fit = 6 / bits;
    return s < fit ? _mm512_permutexvar_epi8(packed, p->planes[s])
                   : _mm512_permutexvar_epi8(_mm512_srli_epi16(packed, fit * bits),
                                             p->planes[s - fit]);
}

/* Levels of the 64 codes that `packed` begins with. */
INLINE __m512i group(const plan *p, __m512i packed, uint32_t bits)
{
    const __m512i spread = _mm512_permutexvar_epi8(p->spread, packed);
    return look_up(p, _mm512_multishift_epi64_epi8(p->shifts, spread), bits);
}

INLINE __m512i add_products(__m512i sum, __m512i levels, __m512i numbers, int square)
{
    if (square) {
        levels = _mm512_and_si512(levels, numbers);
        numbers = levels;
    }
    return _mm512_dpbusd_epi32(sum, levels, numbers);
}

/* The sums of four registers, in their order. */
INLINE __m128i sums_of_4(const __m512i *sum)
{
    const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(sum[0], sum[1]),
                                        _mm512_unpackhi_epi32(sum[0], sum[1]));
    const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(sum[2], sum[3]),
                                        _mm512_unpackhi_epi32(sum[2], sum[3]));
    const __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd),
                                         _mm512_unpackhi_epi64(ab, cd));
    const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all),
                                          _mm512_extracti64x4_epi64(all, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/* 64 bytes at `from`; those from `end` on are zeros, and not read, unless all are
 * `inside`. Not a masked load, which takes some twenty cycles on Zen 5 where it
 * is not aligned. */
INLINE __m512i load_at(const uint8_t *from, const uint8_t *end, int inside)
{
    if (inside || end - from >= 64)
        return _mm512_loadu_si512(from);
    uint8_t copy[64] = { 0 };
    if (from < end)
        memcpy(copy, from, (size_t)(end - from));
    return _mm512_loadu_si512(copy);
}

/* Products of `many` rows. Loads may run into the rows behind, whose numbers
 * meet zeros of the query, but not past `end`, unless `inside` says that they
 * can not. */
INLINE void row_sums(const plan *p, const w2b_packed *rows, const uint8_t *codes, size_t many,
                     const uint8_t *end, int inside, const int8_t *laid, uint32_t bits, int even,
                     int square, __m512i *sum)
{
    const size_t row_bytes = ((size_t)rows->dim * bits + 7) / 8;
    const size_t planned = 64 * w2b_sieve_chunks(rows->dim, bits);
    __m512i packed[4];
    for (size_t j = 0; j < many; j++)
        sum[j] = _mm512_setzero_si512();
    size_t at = 0;
    for (; 8 % bits == 0 && at < planned; at += 64) {
        for (size_t j = 0; j < many; j++)
            packed[j] = load_at(codes + j * rows->stride + at, end, inside);
        for (uint32_t s = 0; s < 8 / bits; s++, laid += 64) {
            const __m512i numbers = _mm512_loadu_si512(laid);
            for (size_t j = 0; j < many; j++)
                sum[j] = add_products(sum[j], plane(p, packed[j], s, bits, even), numbers, square);
        }
    }
    for (; bits < 8 && at < row_bytes; at += 8 * bits, laid += 64) {
        const __m512i numbers = _mm512_loadu_si512(laid);
        for (size_t j = 0; j < many; j++) {
            packed[j] = load_at(codes + j * rows->stride + at, end, inside);
            sum[j] = add_products(sum[j], group(p, packed[j], bits), numbers, square);
        }
    }
}

/* Four rows at a time, which share the loads of the query and the sums across
 * registers. The processor's own prefetching stops at pages and is late for
 * four rows side by side: asking for lines PREFETCH_BYTES ahead brings 24 GB/s to
 * 35, where a plain read has 42. */
INLINE void all_rows(const w2b_packed *rows, const int8_t *laid, uint32_t bits, int even,
                     int square, int32_t *out)
{
    plan p;
    plan_make(&p, rows->levels, bits, square);
    int32_t moved = 0;
    for (size_t i = 0; !square && i < w2b_sieve_room(rows->dim, bits); i++)
        moved += laid[i];
    const __m128i minus = _mm_set1_epi32(-128 * moved);
    const size_t four = 4 * rows->stride, row_bytes = ((size_t)rows->dim * bits + 7) / 8;
    const uint8_t *codes = rows->codes;
    const uint8_t *end = rows->n == 0 ? codes : codes + (rows->n - 1) * rows->stride + row_bytes;
    __m512i sum[4];
    size_t j = 0;
    for (; j + 4 <= rows->n && (size_t)(end - codes) >= four + 64; j += 4, codes += four) {
        for (size_t at = 0; at < four; at += 64)
            _mm_prefetch((const char *)codes + at + PREFETCH_BYTES, _MM_HINT_T0);
        row_sums(&p, rows, codes, 4, end, 1, laid, bits, even, square, sum);
        _mm_storeu_si128((__m128i *)(out + j), _mm_add_epi32(sums_of_4(sum), minus));
    }
    for (; j + 4 <= rows->n; j += 4, codes += four) {
        row_sums(&p, rows, codes, 4, end, 0, laid, bits, even, square, sum);
        _mm_storeu_si128((__m128i *)(out + j), _mm_add_epi32(sums_of_4(sum), minus));
    }
    for (; j < rows->n; j++, codes += rows->stride) {
        row_sums(&p, rows, codes, 1, end, 0, laid, bits, even, square, sum);
        out[j] = _mm512_reduce_add_epi32(sum[0]) - 128 * moved;
    }
}

#include "quant/sieve_bits.h"

/* Not by even levels, which have been moved up: it is the levels themselves that
 * are squared. */
static void squares(const w2b_packed *rows, const int8_t *used, uint32_t *out)
{
    rows_by_bits(rows, used, 0, 1, (int32_t *)out);
}

/* ----- The bar ------------------------------------------------------------ */

INLINE __mmask16 reaches(__m512i sums, __m512 bar, __m512 square)
{
    const __m512 dot = _mm512_cvtepi32_ps(sums);
    return _mm512_cmp_ps_mask(_mm512_mul_ps(dot, _mm512_abs_ps(dot)),
                              _mm512_mul_ps(bar, square), _CMP_GE_OQ);
}

/* 16 numbers of 32 bits, of which `left` are there. */
INLINE __m512i load_16(const void *from, size_t left)
{
    return left >= 16 ? _mm512_loadu_si512(from)
                      : _mm512_maskz_loadu_epi32((__mmask16)first_64(left), from);
}

static void pass_dots(const int32_t *dots_, const uint32_t *squares_, size_t n, float bar,
                      uint64_t *passing)
{
    const __m512 all = _mm512_set1_ps(bar);
    for (size_t j = 0; j < n; j += 64) {
        uint64_t bits = 0;
        for (size_t i = j; i < n && i < j + 64; i += 16) {
            const __m512 square = _mm512_cvtepi32_ps(load_16(squares_ + i, n - i));
            bits |= (uint64_t)reaches(load_16(dots_ + i, n - i), all, square) << (i - j);
        }
        if (n - j < 64)
            bits &= first_64(n - j);
        passing[j / 64] = bits;
    }
}

static void pass_counts(const uint32_t *counts, size_t n, uint32_t limit, uint64_t *passing)
{
    const __m512i all = _mm512_set1_epi32((int)limit);
    for (size_t j = 0; j < n; j += 64) {
        uint64_t bits = 0;
        for (size_t i = j; i < n && i < j + 64; i += 16)
            bits |= (uint64_t)_mm512_cmple_epu32_mask(load_16(counts + i, n - i), all) << (i - j);
        if (n - j < 64)
            bits &= first_64(n - j);
        passing[j / 64] = bits;
    }
}

/* ----- Batches ------------------------------------------------------------ */

/* 32 bits of a query's row of bits. */
INLINE void put_32(const w2b_sieve_batch *batch, size_t query, size_t row, uint32_t bits)
{
    memcpy((uint8_t *)(batch->passing + query * batch->passing_stride) + row / 8, &bits, 4);
}

/* Four numbers of each of 32 rows, moved up by 128, then the next four. Rows
 * past the last are left as they are. */
static void turn_numbers(const int16_t *rows, size_t n, size_t width, uint8_t *room)
{
    for (size_t j = 0; j < n; j++, rows += width) {
        for (size_t k = 0; k < width; k += 32) {
            uint8_t bytes[32];
            const __m256i narrow = _mm512_cvtepi16_epi8(_mm512_loadu_si512(rows + k));
            _mm256_storeu_si256((__m256i *)bytes, _mm256_xor_si256(narrow, _mm256_set1_epi8(-128)));
            for (size_t i = 0; i < 32; i += 4)
                memcpy(room + (k + i) * W2B_SIEVE_TILE_ROWS + 4 * j, bytes + i, 4);
        }
    }
}

/* 32 rows against `many` queries, a constant up to 8 where this is inlined. */
INLINE void batch_tile(const w2b_sieve_batch *batch, size_t many, size_t query, size_t row,
                       const uint8_t *room, uint32_t dim, size_t width, const int8_t *queries,
                       const int32_t *moved, const __m512 *square, const float *bars)
{
    __m512i sum[8][2];
    for (size_t i = 0; i < many; i++)
        sum[i][0] = sum[i][1] = _mm512_set1_epi32(moved[i]);
    size_t k = 0;
    do {
        const __m512i low = _mm512_load_si512(room + k * 32);
        const __m512i high = _mm512_load_si512(room + k * 32 + 64);
        for (size_t i = 0; i < many; i++) {
            int32_t four;
            memcpy(&four, queries + i * width + k, 4);
            const __m512i numbers = _mm512_set1_epi32(four);
            sum[i][0] = _mm512_dpbusd_epi32(sum[i][0], low, numbers);
            sum[i][1] = _mm512_dpbusd_epi32(sum[i][1], high, numbers);
        }
        k += 4;
    } while (k < dim);
    const uint32_t there = (uint32_t)first_64(batch->rows - row);
    for (size_t i = 0; i < many; i++) {
        const __m512 bar = _mm512_set1_ps(bars[query + i]);
        const uint32_t bits = reaches(sum[i][0], bar, square[0]) |
                              (uint32_t)reaches(sum[i][1], bar, square[1]) << 16;
        put_32(batch, query + i, row, bits & there);
    }
}

static int32_t sum_of(const int8_t *numbers, size_t width)
{
    int32_t sum = 0;
    for (size_t i = 0; i < width; i++)
        sum += numbers[i];
    return sum;
}

static void batch_dots(const w2b_sieve_batch *batch, const int16_t *rows, uint32_t dim,
                       const int8_t *queries, const uint32_t *squares_, const float *bars,
                       uint8_t *room)
{
    const size_t width = w2b_scan_width(dim);
    for (size_t row = 0; row < batch->rows; row += W2B_SIEVE_TILE_ROWS) {
        const size_t left = batch->rows - row;
        uint32_t square[32] = { 0 };
        memcpy(square, squares_ + row, (left < 32 ? left : 32) * sizeof *square);
        const __m512 wide[2] = { _mm512_cvtepi32_ps(_mm512_loadu_si512(square)),
                                 _mm512_cvtepi32_ps(_mm512_loadu_si512(square + 16)) };
        turn_numbers(rows + row * width, left < 32 ? left : 32, width, room);
        for (size_t i = 0; i < batch->queries; i += 8) {
            const int8_t *few = queries + i * width;
            const size_t many = batch->queries - i < 8 ? batch->queries - i : 8;
            int32_t moved[8];
            for (size_t m = 0; m < many; m++)
                moved[m] = -128 * sum_of(few + m * width, width);
            if (many == 8) {
                batch_tile(batch, 8, i, row, room, dim, width, few, moved, wide, bars);
                continue;
            }
            for (size_t m = 0; m < many; m++)
                batch_tile(batch, 1, i + m, row, room, dim, width, few + m * width, moved + m,
                           wide, bars);
        }
        if (left <= 32 && row / 32 % 2 == 0) {  /* the upper half of the last word */
            for (size_t i = 0; i < batch->queries; i++)
                put_32(batch, i, row + 32, 0);
        }
    }
}

/* 64 bits of each of 32 rows, then the next 64. */
static void turn_words(const uint8_t *codes, size_t n, size_t stride, uint8_t *room)
{
    for (size_t j = 0; j < n; j++, codes += stride) {
        for (size_t at = 0; at < stride; at += 8) {
            uint64_t word = 0;
            memcpy(&word, codes + at, stride - at < 8 ? stride - at : 8);
            memcpy(room + at * W2B_SIEVE_TILE_ROWS + 8 * j, &word, 8);
        }
    }
}

/* 32 rows against `many` queries, up to 4. */
INLINE void count_tile(const w2b_sieve_batch *batch, size_t many, size_t query, size_t row,
                       const uint8_t *room, size_t bytes, const uint8_t *queries,
                       const uint32_t *limits)
{
    __m512i sum[4][4];
    for (size_t i = 0; i < many; i++) {
        for (size_t j = 0; j < 4; j++)
            sum[i][j] = _mm512_setzero_si512();
    }
    size_t at = 0;
    do {
        __m512i word[4];
        for (size_t j = 0; j < 4; j++)
            word[j] = _mm512_load_si512(room + at * 32 + 64 * j);
        for (size_t i = 0; i < many; i++) {
            int64_t one;
            memcpy(&one, queries + i * bytes + at, 8);
            const __m512i numbers = _mm512_set1_epi64(one);
            for (size_t j = 0; j < 4; j++) {
                const __m512i differ = _mm512_xor_si512(word[j], numbers);
                sum[i][j] = _mm512_add_epi64(sum[i][j], _mm512_popcnt_epi64(differ));
            }
        }
        at += 8;
    } while (at < bytes);
    const uint32_t there = (uint32_t)first_64(batch->rows - row);
    for (size_t i = 0; i < many; i++) {
        const __m512i limit = _mm512_set1_epi64((long long)limits[query + i]);
        uint32_t bits = 0;
        for (size_t j = 0; j < 4; j++)
            bits |= (uint32_t)_mm512_cmple_epu64_mask(sum[i][j], limit) << 8 * j;
        put_32(batch, query + i, row, bits & there);
    }
}

static void batch_counts(const w2b_sieve_batch *batch, const uint8_t *codes, size_t stride,
                         const uint8_t *queries, const uint32_t *limits, uint8_t *room)
{
    const size_t bytes = (stride + 7) / 8 * 8;
    for (size_t row = 0; row < batch->rows; row += W2B_SIEVE_TILE_ROWS) {
        const size_t left = batch->rows - row;
        turn_words(codes + row * stride, left < 32 ? left : 32, stride, room);
        size_t i = 0;
        for (; i + 4 <= batch->queries; i += 4)
            count_tile(batch, 4, i, row, room, bytes, queries + i * bytes, limits);
        for (; i < batch->queries; i++)
            count_tile(batch, 1, i, row, room, bytes, queries + i * bytes, limits);
        if (left <= 32 && row / 32 % 2 == 0) {
            for (i = 0; i < batch->queries; i++)
                put_32(batch, i, row + 32, 0);
        }
    }
}

const w2b_sieve w2b_sieve_avx512 = {
    .dots = dots,
    .squares = squares,
    .pass_dots = pass_dots,
    .pass_counts = pass_counts,
    .batch_dots = batch_dots,
    .batch_counts = batch_counts
};

#endif
