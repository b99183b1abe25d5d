/*
 * sieve_avx512.c - the sieve for AVX-512 with VBMI, VNNI and VPOPCNTDQ.
 *
 * kernel         instructions, about (a row of 300 numbers, one query)
 * dots           1 bit 22, 2 bits 20, 4 bits 20, 8 bits 19, other bits 32
 * squares        as dots, and 2 more for 64 numbers
 * pass_dots      0.4
 * pass_counts    0.1
 * batch_dots     6: one product of 4 numbers by 16 rows each
 * batch_tables   1 bit 2.5, 2 bits 5: 8 for 16 steps of 16 rows each
 * batch_counts   2.2: 3 for 64 bits of 8 rows each
 *
 * A shuffle finds the levels of 64 codes at once, moved up by 128 into the
 * unsigned range that VPDPBUSD wants; 128 times the sum of the query is
 * taken off at the end. The shuffle looks at the lowest 6 bits of a byte: they
 * hold up to six codes, and a table for each of these says its level whatever
 * the others are, so that codes need neither masking nor shifting.
 *
 * Batches have a row in each 32 or 64 bits of a register, so that no sum runs
 * across one: 16 or 8 rows go in step, and a query's numbers to all of them. What
 * is loaded and added there is kept in its register by hand (keep): left to
 * themselves compilers load rows again or move sums to memory, at half the speed.
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

static const uint8_t bytes_0_to_63[64] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63
};

/* What codes of some bits need; `bits` is a constant where these are used. */
typedef struct plan {
    __m512i spread, shifts;  /* codes as they come: as in scan_avx512.c */
    __m512i levels[4];       /* of all values of a byte */
    __m512i planes[6];       /* 1, 2, 4 bits: by the lowest 6 bits of a byte,
                                the levels of the codes that lie within them */
} plan;

/* Levels are to be levels + 128 for dots, their magnitudes for squares; those of
 * fewer than 64 repeat. */
INLINE __m512i levels_64(const int8_t *levels, uint32_t bits, int magnitudes)
{
    const size_t n = (size_t)1 << bits;
    __m512i moved = _mm512_maskz_loadu_epi8(first_64(n), levels);
    moved = magnitudes ? _mm512_abs_epi8(moved) : _mm512_xor_si512(moved, _mm512_set1_epi8(-128));
    if (n >= 64)
        return moved;
    const __m512i place = _mm512_and_si512(_mm512_loadu_si512(bytes_0_to_63),
                                           _mm512_set1_epi8((char)(n - 1)));
    return _mm512_permutexvar_epi8(place, moved);
}

/* Plans are made for each call, of as few as one row, and so without loops over
 * bytes. */
INLINE void plan_make(plan *p, const int8_t *levels, uint32_t bits, int magnitudes)
{
    const __m512i byte = _mm512_loadu_si512(bytes_0_to_63), seven = _mm512_set1_epi8(7);
    const __m512i rest = _mm512_and_si512(byte, seven), times = _mm512_set1_epi16((short)bits);
    const __m512i eighth = _mm512_and_si512(_mm512_srli_epi16(byte, 3), seven);
    /* No product leaves its byte. */
    p->spread = _mm512_add_epi8(_mm512_mullo_epi16(eighth, times), rest);
    p->shifts = _mm512_mullo_epi16(rest, times);
    for (size_t i = 0; i < 4 && (i == 0 || i < (size_t)1 << bits >> 6); i++)
        p->levels[i] = levels_64(levels + 64 * i, bits, magnitudes);
    /* What 16-bit shifts bring in from the next byte stays above the code. */
    for (uint32_t s = 0; 8 % bits == 0 && (s + 1) * bits <= 6; s++)
        p->planes[s] = _mm512_permutexvar_epi8(_mm512_srli_epi16(byte, s * bits), p->levels[0]);
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

/* Keeps what was loaded in a register: a compiler that loads it again for each
 * plane pays a cycle for each load that is not aligned, as most are. */
INLINE void keep(__m512i *loaded)
{
    __asm__("" : "+v"(*loaded));
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
        for (size_t j = 0; j < many; j++) {
            packed[j] = load_at(codes + j * rows->stride + at, end, inside);
            keep(&packed[j]);
        }
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

/* 128 times the sum of a query's numbers. */
INLINE int32_t moved_by(const int8_t *laid, size_t room)
{
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < room; i += 64)
        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(-128), _mm512_loadu_si512(laid + i));
    return _mm512_reduce_add_epi32(sum);
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
    const int32_t moved = square ? 0 : moved_by(laid, w2b_sieve_room(rows->dim, bits));
    const __m128i minus = _mm_set1_epi32(-moved);
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
        out[j] = _mm512_reduce_add_epi32(sum[0]) - moved;
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

/* Rows that should stay in the first cache while queries go past them: of two
 * times 64, whose bits are a word. */
#define SIDE_ROWS 64
#define TILE_ROWS 128

INLINE size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

INLINE uint64_t *word_of(const w2b_sieve_batch *batch, size_t query, size_t row)
{
    return batch->passing + query * batch->passing_stride + row / 64;
}

/* The dots of 64 rows, `left` of them there, against a bar. */
INLINE uint64_t reach_64(const __m512i *dot, const uint32_t *squares_, size_t left, float bar)
{
    const __m512 all = _mm512_set1_ps(bar);
    uint64_t bits = 0;
    for (size_t j = 0; j < 4 && 16 * j < left; j++) {
        const __m512 square = _mm512_cvtepi32_ps(load_16(squares_ + 16 * j, left - 16 * j));
        bits |= (uint64_t)reaches(dot[j], all, square) << 16 * j;
    }
    return bits & first_64(left);
}

/* Four numbers of each of 64 rows, moved up by 128, then the next four. Rows
 * past the last are left as they are. */
static void turn_dots(const int16_t *rows, size_t n, uint32_t dim, uint8_t *turned)
{
    const size_t width = w2b_scan_width(dim);
    for (size_t j = 0; j < n; j++, rows += width) {
        uint8_t *to = turned + j / SIDE_ROWS * SIDE_ROWS * width + j % SIDE_ROWS * 4;
        for (size_t k = 0; k < width; k += 32) {
            uint8_t bytes[32];
            const __m256i narrow = _mm512_cvtepi16_epi8(_mm512_loadu_si512(rows + k));
            _mm256_storeu_si256((__m256i *)bytes, _mm256_xor_si256(narrow, _mm256_set1_epi8(-128)));
            for (size_t i = 0; i < 32; i += 4)
                memcpy(to + (k + i) * SIDE_ROWS, bytes + i, 4);
        }
    }
}

/* 64 rows against `many` queries, a constant up to 6 where this is inlined. */
INLINE void dots_tile(size_t many, const uint8_t *room, uint32_t dim, const int8_t *queries,
                      size_t width, const int32_t *sums, __m512i (*dots_)[4])
{
    __m512i sum[6][4];
    for (size_t i = 0; i < many; i++) {
        for (size_t j = 0; j < 4; j++)
            sum[i][j] = _mm512_set1_epi32(-128 * sums[i]);
    }
    size_t k = 0;
    do {
        __m512i row[4];
        for (size_t j = 0; j < 4; j++)
            row[j] = _mm512_load_si512(room + k * SIDE_ROWS + 64 * j);
        for (size_t i = 0; i < many; i++) {
            int32_t four;
            memcpy(&four, queries + i * width + k, 4);
            const __m512i numbers = _mm512_set1_epi32(four);
            for (size_t j = 0; j < 4; j++) {
                sum[i][j] = _mm512_dpbusd_epi32(sum[i][j], row[j], numbers);
                keep(&sum[i][j]);
            }
        }
        k += 4;
    } while (k < dim);
    memcpy(dots_, sum, many * sizeof *sum);
}

static void batch_dots(const w2b_sieve_batch *batch, uint32_t dim,
                       const w2b_sieve_numbers *queries, const uint32_t *squares_,
                       const float *bars)
{
    const size_t width = w2b_scan_width(dim), pairs = (batch->rows + TILE_ROWS - 1) / TILE_ROWS;
    __m512i sum[6][4];
    for (size_t i = 0, many; i < pairs * batch->queries; i += many) {
        const size_t query = i % batch->queries, from = i / batch->queries * TILE_ROWS;
        const int8_t *few = queries->numbers + query * width;
        const int32_t *sums = queries->sums + query;
        many = batch->queries - query < 6 ? 1 : 6;
        const size_t to = at_most(batch->rows, from + TILE_ROWS);
        for (size_t at = from; at < to; at += SIDE_ROWS) {
            if (many == 6)
                dots_tile(6, batch->turned + at * width, dim, few, width, sums, sum);
            else
                dots_tile(1, batch->turned + at * width, dim, few, width, sums, sum);
            for (size_t m = 0; m < many; m++)
                *word_of(batch, query + m, at) =
                    reach_64(sum[m], squares_ + at, at_most(to - at, 64), bars[query + m]);
        }
    }
}

/* Four bits of rows to a byte each, of which the next two bits tell its place
 * among four: 16 rows to a register, whose tables are four of 16 entries. Eight
 * bytes of each of 64 rows, then the next eight; two bytes of these, then the
 * next two. */
static void turn_tables(const uint8_t *codes, size_t stride, size_t n, size_t steps,
                        uint8_t *turned)
{
    const __m128i low = _mm_set1_epi8(15), place = _mm_set1_epi32(0x30201000);
    for (size_t j = 0; j < n; j++, codes += stride) {
        uint8_t *to = turned + j / SIDE_ROWS * SIDE_ROWS * steps + j % SIDE_ROWS * 4;
        for (size_t at = 0; at < stride && at < steps / 2; at += 8) {
            uint8_t bytes[16];
            uint64_t eight = 0;
            memcpy(&eight, codes + at, stride - at < 8 ? stride - at : 8);
            const __m128i packed = _mm_cvtsi64_si128((long long)eight);
            const __m128i high = _mm_srli_epi16(packed, 4);
            const __m128i four = _mm_and_si128(_mm_unpacklo_epi8(packed, high), low);
            _mm_storeu_si128((__m128i *)bytes, _mm_or_si128(four, place));
            for (size_t i = 0; i < 4; i++)
                memcpy(to + (2 * at + 4 * i) * SIDE_ROWS, bytes + 4 * i, 4);
        }
    }
}

/* 64 rows against one or two queries. Four entries stay within a byte, and a
 * product with 1 adds the four bytes of each row. */
INLINE void tables_tile(size_t many, const uint8_t *room, size_t steps, const uint8_t *entries,
                        __m512i (*sums)[4])
{
    __m512i sum[2][4];
    for (size_t i = 0; i < many; i++) {
        for (size_t j = 0; j < 4; j++)
            sum[i][j] = _mm512_setzero_si512();
    }
    for (size_t at = 0; at < steps; at += 16) {
        __m512i few[2][4];
        for (size_t s = 0; s < 4; s++, room += 256) {
            __m512i table[2];
            for (size_t i = 0; i < many; i++)
                table[i] = _mm512_loadu_si512(entries + (i * steps + at + 4 * s) * 16);
            for (size_t j = 0; j < 4; j++) {
                __m512i place = _mm512_load_si512(room + 64 * j);
                keep(&place);
                for (size_t i = 0; i < many; i++) {
                    const __m512i found = _mm512_permutexvar_epi8(place, table[i]);
                    few[i][j] = s == 0 ? found : _mm512_add_epi8(few[i][j], found);
                    keep(&few[i][j]);
                }
            }
        }
        for (size_t i = 0; i < many; i++) {
            for (size_t j = 0; j < 4; j++)
                sum[i][j] = _mm512_dpbusd_epi32(sum[i][j], few[i][j], _mm512_set1_epi8(1));
        }
    }
    memcpy(sums, sum, many * sizeof *sum);
}

static void batch_tables(const w2b_sieve_batch *batch, size_t steps,
                         const w2b_sieve_tables *queries, const uint32_t *squares_,
                         const float *bars)
{
    const size_t pairs = (batch->rows + TILE_ROWS - 1) / TILE_ROWS;
    __m512i sum[2][4];
    for (size_t i = 0, many; i < pairs * batch->queries; i += many) {
        const size_t query = i % batch->queries, from = i / batch->queries * TILE_ROWS;
        const uint8_t *entries = queries->entries + query * steps * 16;
        many = batch->queries - query < 2 ? 1 : 2;
        const size_t to = at_most(batch->rows, from + TILE_ROWS);
        for (size_t at = from; at < to; at += SIDE_ROWS) {
            if (many == 2)
                tables_tile(2, batch->turned + at * steps, steps, entries, sum);
            else
                tables_tile(1, batch->turned + at * steps, steps, entries, sum);
            for (size_t m = 0; m < many; m++) {
                const __m512i unit = _mm512_set1_epi32(queries->units[query + m]);
                const __m512i least = _mm512_set1_epi32(queries->least[query + m]);
                for (size_t j = 0; j < 4; j++)
                    sum[m][j] = _mm512_add_epi32(_mm512_mullo_epi32(sum[m][j], unit), least);
                *word_of(batch, query + m, at) =
                    reach_64(sum[m], squares_ + at, at_most(to - at, 64), bars[query + m]);
            }
        }
    }
}

/* 64 bits of each of 32 rows, then the next 64. */
static void turn_counts(const uint8_t *codes, size_t stride, size_t n, uint8_t *turned)
{
    const size_t bytes = (stride + 7) / 8 * 8;
    for (size_t j = 0; j < n; j++, codes += stride) {
        uint8_t *to = turned + j / 32 * 32 * bytes + j % 32 * 8;
        for (size_t at = 0; at < stride; at += 8) {
            uint64_t word = 0;
            memcpy(&word, codes + at, stride - at < 8 ? stride - at : 8);
            memcpy(to + at * 32, &word, 8);
        }
    }
}

/* 32 rows against `many` queries, up to 4. */
INLINE void counts_tile(size_t many, const uint8_t *room, size_t bytes, const uint8_t *queries,
                        const uint32_t *limits, uint32_t *bits)
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
    for (size_t i = 0; i < many; i++) {
        const __m512i limit = _mm512_set1_epi64((long long)limits[i]);
        bits[i] = 0;
        for (size_t j = 0; j < 4; j++)
            bits[i] |= (uint32_t)_mm512_cmple_epu64_mask(sum[i][j], limit) << 8 * j;
    }
}

static void batch_counts(const w2b_sieve_batch *batch, size_t stride, const uint8_t *queries,
                         const uint32_t *limits)
{
    const size_t bytes = (stride + 7) / 8 * 8;
    for (size_t row = 0; row < batch->rows; row += 32) {
        const uint8_t *from = batch->turned + row * bytes;
        const uint32_t there = (uint32_t)first_64(batch->rows - row);
        for (size_t i = 0, many; i < batch->queries; i += many) {
            uint32_t bits[4];
            many = batch->queries - i < 4 ? 1 : 4;
            if (many == 4)
                counts_tile(4, from, bytes, queries + i * bytes, limits + i, bits);
            else
                counts_tile(1, from, bytes, queries + i * bytes, limits + i, bits);
            for (size_t m = 0; m < many; m++) {
                uint64_t *word = word_of(batch, i + m, row);
                *word = row % 64 == 0 ? bits[m] & there : *word | (uint64_t)(bits[m] & there) << 32;
            }
        }
    }
}

const w2b_sieve w2b_sieve_avx512 = {
    .dots = dots,
    .squares = squares,
    .pass_dots = pass_dots,
    .pass_counts = pass_counts,
    .turn_dots = turn_dots,
    .batch_dots = batch_dots,
    .table_bits = 2,
    .turn_tables = turn_tables,
    .batch_tables = batch_tables,
    .turn_counts = turn_counts,
    .batch_counts = batch_counts
};

#endif
