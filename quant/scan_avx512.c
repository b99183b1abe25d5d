/*
 * scan_avx512.c - the distance kernels for AVX-512 with VBMI, VNNI and
 * VPOPCNTDQ.
 *
 * kernel     bytes read      instructions, about (a row of 300 numbers)
 * unpack     38 * bits       9 for 64 numbers up to 6 bits (45), 9 at 7, 10 at 8
 * dot_i16    640             1.5 for 32 numbers and a query (15), + 3 for sums
 * hamming    38              6; 3 up to 32 bytes; 3 more for each 64 bytes
 * widen_f16  600             3 for 16 numbers (57)
 * dot_f32    1280            2.5 for 16 numbers and a query (48), + 3
 *
 * Bottlenecks: unpack port 5, which does all shuffles, and the stores; hamming
 * port 5 (shuffles and counts); dot_i16 with one query the loads of rows, with
 * four the products; dot_f32 the additions, which must not be fused with the
 * multiplications.
 * Overflow: a sum in dot_i16 holds 32 bits and wraps (VPDPWSSD, not the
 * saturating form). hamming: none.
 *
 * Masked loads do not touch the bytes that they leave out, so no row needs a
 * copy or a path of its own.
 */
#include "quant/scan_isa.h"

#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && \
    defined(__AVX512VBMI__) && defined(__AVX512VNNI__) && defined(__AVX512VPOPCNTDQ__)

#include <immintrin.h>
#include <string.h>

/* See sieve_avx512.c. */
#define PREFETCH_BYTES 8192

/* The lowest n of 64 bits; all of them if n is more. */
static inline __mmask64 first_64(size_t n)
{
    return n < 64 ? (UINT64_C(1) << n) - 1 : ~UINT64_C(0);
}

static inline __mmask16 first_16(size_t n)
{
    return (__mmask16)first_64(n);
}

/* ----- Codes to levels ---------------------------------------------------- */

typedef struct unpack_plan {
    __m512i spread;     /* bytes j*bits to j*bits + 7 to 64-bit part j */
    __m512i shifts;     /* bit at which each code of such a part begins */
    __m512i levels[4];
} unpack_plan;

static void unpack_prepare(unpack_plan *plan, uint32_t bits, const int8_t *levels)
{
    uint8_t spread[64], shifts[64];
    int8_t padded[256];
    for (uint32_t i = 0; i < 64; i++) {
        spread[i] = (uint8_t)(i / 8 * bits + i % 8);
        shifts[i] = (uint8_t)(i % 8 * bits);
    }
    /* Levels repeat, so that bits above those of a code need no masking. */
    for (uint32_t i = 0; i < 256; i++)
        padded[i] = levels[i & ((1u << bits) - 1)];
    plan->spread = _mm512_loadu_si512(spread);
    plan->shifts = _mm512_loadu_si512(shifts);
    for (size_t i = 0; i < 4; i++)
        plan->levels[i] = _mm512_loadu_si512(padded + 64 * i);
}

static inline __m512i look_up(const __m512i *levels, __m512i codes, __mmask64 wanted,
                              uint32_t bits)
{
    if (bits <= 6)
        return _mm512_maskz_permutexvar_epi8(wanted, codes, levels[0]);
    if (bits == 7)
        return _mm512_maskz_permutex2var_epi8(wanted, levels[0], codes, levels[1]);
    const __m512i low = _mm512_maskz_permutex2var_epi8(wanted, levels[0], codes, levels[1]);
    /* Codes past the row were loaded as zeros, which are never upper. */
    const __mmask64 upper = _mm512_movepi8_mask(codes);
    const __m512i high = _mm512_permutex2var_epi8(levels[2], codes, levels[3]);
    return _mm512_mask_mov_epi8(low, upper, high);
}

/* 64 codes are 8 * bits bytes, and eight of them fit into 64 bits: these are
 * brought into place by bytes, then each code to its own byte by bits. `bits`
 * is a constant where this is inlined. */
static inline __attribute__((always_inline)) void
unpack_rows(uint32_t bits, const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
            const int8_t *levels, int16_t *rows)
{
    unpack_plan plan;
    unpack_prepare(&plan, bits, levels);
    const size_t width = w2b_scan_width(dim);
    const size_t row_bytes = ((size_t)dim * bits + 7) / 8;
    for (size_t row = 0; row < n; row++, codes += stride, rows += width) {
        for (size_t i = 0; i < width; i += 64) {
            const size_t at = i / 8 * bits, left = row_bytes - at;
            const __mmask64 bytes = first_64(left < 8 * bits ? left : 8 * bits);
            __m512i packed = _mm512_maskz_loadu_epi8(bytes, codes + at);
            if (bits < 8) {
                packed = _mm512_permutexvar_epi8(plan.spread, packed);
                packed = _mm512_multishift_epi64_epi8(plan.shifts, packed);
            }
            const __m512i found = look_up(plan.levels, packed, first_64(dim - i), bits);
            const __m256i low = _mm512_castsi512_si256(found);
            _mm512_storeu_si512(rows + i, _mm512_cvtepi8_epi16(low));
            if (i + 32 < width) {
                const __m256i high = _mm512_extracti64x4_epi64(found, 1);
                _mm512_storeu_si512(rows + i + 32, _mm512_cvtepi8_epi16(high));
            }
        }
    }
}

static void unpack(const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
                   uint32_t bits, const int8_t *levels, int16_t *rows)
{
    switch (bits) {
    case 1: unpack_rows(1, codes, stride, n, dim, levels, rows); break;
    case 2: unpack_rows(2, codes, stride, n, dim, levels, rows); break;
    case 3: unpack_rows(3, codes, stride, n, dim, levels, rows); break;
    case 4: unpack_rows(4, codes, stride, n, dim, levels, rows); break;
    case 5: unpack_rows(5, codes, stride, n, dim, levels, rows); break;
    case 6: unpack_rows(6, codes, stride, n, dim, levels, rows); break;
    case 7: unpack_rows(7, codes, stride, n, dim, levels, rows); break;
    case 8: unpack_rows(8, codes, stride, n, dim, levels, rows); break;
    }
}

/* ----- Integer products --------------------------------------------------- */

/* The sums of four registers, in their order. */
static inline __m128i sums_of_4(const __m512i *sum)
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

/* Four rows against `nq` queries, a constant up to 4 where this is inlined: 16
 * sums, 4 rows and a query stay within the 32 registers. */
static inline __attribute__((always_inline)) void
dot_i16_tile(size_t nq, const int16_t *q, const int16_t *rows, size_t width, int32_t *out,
             size_t out_stride)
{
    __m512i sum[4][4];
    for (size_t i = 0; i < nq; i++) {
        for (size_t j = 0; j < 4; j++)
            sum[i][j] = _mm512_setzero_si512();
    }
    size_t k = 0;
    do {  /* at least once, or the compiler keeps the sums in memory */
        __m512i row[4];
        for (size_t j = 0; j < 4; j++)
            row[j] = _mm512_loadu_si512(rows + j * width + k);
        for (size_t i = 0; i < nq; i++) {
            const __m512i query = _mm512_loadu_si512(q + i * width + k);
            for (size_t j = 0; j < 4; j++)
                sum[i][j] = _mm512_dpwssd_epi32(sum[i][j], query, row[j]);
        }
        k += 32;
    } while (k < width);
    for (size_t i = 0; i < nq; i++)
        _mm_storeu_si128((__m128i *)(out + i * out_stride), sums_of_4(sum[i]));
}

static int32_t dot_i16_1x1(const int16_t *q, const int16_t *row, size_t width)
{
    __m512i sum[4];
    sum[0] = _mm512_setzero_si512();
    for (size_t k = 0; k < width; k += 32) {
        const __m512i query = _mm512_loadu_si512(q + k);
        sum[0] = _mm512_dpwssd_epi32(sum[0], query, _mm512_loadu_si512(row + k));
    }
    sum[1] = sum[2] = sum[3] = sum[0];
    return _mm_cvtsi128_si32(sums_of_4(sum));
}

static void dot_i16(const int16_t *q, size_t nq, const int16_t *rows, size_t n,
                    size_t width, int32_t *out, size_t out_stride)
{
    size_t j = 0;
    for (; j + 4 <= n; j += 4) {
        const int16_t *four = rows + j * width;
        size_t i = 0;
        for (; i + 4 <= nq; i += 4)
            dot_i16_tile(4, q + i * width, four, width, out + i * out_stride + j, out_stride);
        const int16_t *rest = q + i * width;
        int32_t *to = out + i * out_stride + j;
        switch (nq - i) {
        case 1: dot_i16_tile(1, rest, four, width, to, out_stride); break;
        case 2: dot_i16_tile(2, rest, four, width, to, out_stride); break;
        case 3: dot_i16_tile(3, rest, four, width, to, out_stride); break;
        }
    }
    for (; j < n; j++) {
        for (size_t i = 0; i < nq; i++)
            out[i * out_stride + j] = dot_i16_1x1(q + i * width, rows + j * width, width);
    }
}

/* ----- Differing bits ----------------------------------------------------- */

/* 128-bit parts: 0+1 and 2+3 of a, then of b. */
static inline __m512i add_parts(__m512i a, __m512i b)
{
    return _mm512_add_epi64(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd));
}

/* Numbers: 0+1 of a, 0+1 of b, and so on in each 128-bit part. */
static inline __m512i add_pairs(__m512i a, __m512i b)
{
    return _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

static uint32_t hamming_1(const uint8_t *q, const uint8_t *row, size_t stride)
{
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < stride; i += 64) {
        const __mmask64 bytes = first_64(stride - i);
        const __m512i differ = _mm512_xor_si512(_mm512_maskz_loadu_epi8(bytes, q + i),
                                                _mm512_maskz_loadu_epi8(bytes, row + i));
        sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(differ));
    }
    return (uint32_t)_mm512_reduce_add_epi64(sum);
}

/* Eight rows side by side, so that the sums across their registers are shared:
 * 21 instructions for eight rows, not six for each. Reads up to 63 bytes past
 * the last of them: a masked load takes some twenty cycles on Zen 5 where it is
 * not aligned. */
static void hamming_8(const uint8_t *q, const uint8_t *rows, size_t stride, uint32_t *out)
{
    __m512i sum[8];
    for (size_t j = 0; j < 8; j++)
        sum[j] = _mm512_setzero_si512();
    size_t i = 0;
    do {
        const __mmask64 bytes = first_64(stride - i);
        const __m512i query = _mm512_maskz_loadu_epi8(bytes, q + i);
        const __m512i there = _mm512_movm_epi8(bytes);
        for (size_t j = 0; j < 8; j++) {
            const __m512i row = _mm512_loadu_si512(rows + j * stride + i);
            /* (row ^ query) & there */
            const __m512i differ = _mm512_ternarylogic_epi64(row, query, there, 0x28);
            sum[j] = _mm512_add_epi64(sum[j], _mm512_popcnt_epi64(differ));
        }
        i += 64;
    } while (i < stride);
    const __m512i low = add_parts(add_pairs(sum[0], sum[1]), add_pairs(sum[2], sum[3]));
    const __m512i high = add_parts(add_pairs(sum[4], sum[5]), add_pairs(sum[6], sum[7]));
    _mm256_storeu_si256((__m256i *)out, _mm512_cvtepi64_epi32(add_parts(low, high)));
}

/* Eight rows of up to 32 bytes at a time, two in each register. */
static size_t hamming_pairs(const uint8_t *q, const uint8_t *codes, size_t stride, size_t n,
                            uint32_t *out)
{
    uint8_t place[64] = { 0 }, twice[64] = { 0 };
    for (size_t i = 0; i < stride; i++) {
        place[i] = (uint8_t)i;
        place[32 + i] = (uint8_t)(stride + i);
        twice[i] = twice[32 + i] = q[i];
    }
    const __m512i spread = _mm512_loadu_si512(place), query = _mm512_loadu_si512(twice);
    const __m512i order = _mm512_setr_epi64(0, 2, 1, 3, 4, 6, 5, 7);
    const __mmask64 bytes = first_64(2 * stride);
    const __mmask64 used = first_64(stride) | first_64(stride) << 32;
    size_t row = 0;
    for (; row + 8 <= n; row += 8, codes += 8 * stride) {
        __m512i count[4];
        for (size_t j = 0; j < 4; j++) {
            const __m512i pair = _mm512_maskz_loadu_epi8(bytes, codes + 2 * j * stride);
            const __m512i parted = _mm512_maskz_permutexvar_epi8(used, spread, pair);
            count[j] = _mm512_popcnt_epi64(_mm512_xor_si512(parted, query));
        }
        /* Rows 0 2, 1 3, 4 6, 5 7 in the four parts. */
        const __m512i sums = add_parts(add_pairs(count[0], count[1]),
                                       add_pairs(count[2], count[3]));
        const __m256i sorted = _mm512_cvtepi64_epi32(_mm512_permutexvar_epi64(order, sums));
        _mm256_storeu_si256((__m256i *)(out + row), sorted);
    }
    return row;
}

static void hamming(const uint8_t *q, const uint8_t *codes, size_t stride,
                    size_t n, uint32_t *out)
{
    size_t row = 0;
    if (stride <= 32) {
        row = hamming_pairs(q, codes, stride, n, out);
    } else {
        for (; (n - row) * stride >= 8 * stride + 64; row += 8) {
            const uint8_t *rows = codes + row * stride;
            for (size_t i = 0; i < 8 * stride; i += 64)
                _mm_prefetch((const char *)rows + i + PREFETCH_BYTES, _MM_HINT_T0);
            hamming_8(q, rows, stride, out + row);
        }
    }
    for (; row < n; row++)
        out[row] = hamming_1(q, codes + row * stride, stride);
}

/* ----- Floats ------------------------------------------------------------- */

static void widen_f16(const uint8_t *codes, size_t n, uint32_t dim, float *rows)
{
    const size_t width = w2b_scan_width(dim);
    for (size_t row = 0; row < n; row++, codes += 2 * (size_t)dim, rows += width) {
        for (size_t i = 0; i < width; i += 16) {
            /* The second half of the last 32 may hold nothing at all. */
            const __mmask16 there = first_16(i < dim ? dim - i : 0);
            const __m256i halves = _mm256_maskz_loadu_epi16(there, codes + 2 * i);
            _mm512_storeu_ps(rows + i, _mm512_cvtph_ps(halves));
        }
    }
}

static void widen_f32(const uint8_t *codes, size_t n, uint32_t dim, float *rows)
{
    const size_t width = w2b_scan_width(dim);
    for (size_t row = 0; row < n; row++, codes += 4 * (size_t)dim, rows += width) {
        memcpy(rows, codes, 4 * (size_t)dim);
        memset(rows + dim, 0, (width - dim) * sizeof *rows);
    }
}

/* Sixteen sums to four: l and l+8, then l and l+4. */
static inline __m128 fold(__m512 sum)
{
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sum),
                                       _mm512_extractf32x8_ps(sum, 1));
    return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

/* The end of four sums: l and l+2, then l and l+1, in their order. */
static inline __m128 fold_4(const __m512 *sum)
{
    const __m128 a = fold(sum[0]), b = fold(sum[1]), c = fold(sum[2]), d = fold(sum[3]);
    const __m128 ab = _mm_add_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
    const __m128 cd = _mm_add_ps(_mm_movelh_ps(c, d), _mm_movehl_ps(d, c));
    return _mm_add_ps(_mm_shuffle_ps(ab, cd, _MM_SHUFFLE(2, 0, 2, 0)),
                      _mm_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 1, 3, 1)));
}

/* As dot_i16_tile. Multiplication and addition stay two instructions. */
static inline __attribute__((always_inline)) void
dot_f32_tile(size_t nq, const float *q, const float *rows, size_t width, float *out,
             size_t out_stride)
{
    __m512 sum[4][4];
    for (size_t i = 0; i < nq; i++) {
        for (size_t j = 0; j < 4; j++)
            sum[i][j] = _mm512_setzero_ps();
    }
    size_t k = 0;
    do {
        __m512 row[4];
        for (size_t j = 0; j < 4; j++)
            row[j] = _mm512_loadu_ps(rows + j * width + k);
        for (size_t i = 0; i < nq; i++) {
            const __m512 query = _mm512_loadu_ps(q + i * width + k);
            for (size_t j = 0; j < 4; j++)
                sum[i][j] = _mm512_add_ps(sum[i][j], _mm512_mul_ps(query, row[j]));
        }
        k += 16;
    } while (k < width);
    for (size_t i = 0; i < nq; i++)
        _mm_storeu_ps(out + i * out_stride, fold_4(sum[i]));
}

static float dot_f32_1x1(const float *q, const float *row, size_t width)
{
    __m512 sum[4];
    sum[0] = _mm512_setzero_ps();
    for (size_t k = 0; k < width; k += 16) {
        const __m512 products = _mm512_mul_ps(_mm512_loadu_ps(q + k), _mm512_loadu_ps(row + k));
        sum[0] = _mm512_add_ps(sum[0], products);
    }
    sum[1] = sum[2] = sum[3] = sum[0];
    return _mm_cvtss_f32(fold_4(sum));
}

static void dot_f32(const float *q, size_t nq, const float *rows, size_t n,
                    size_t width, float *out, size_t out_stride)
{
    size_t j = 0;
    for (; j + 4 <= n; j += 4) {
        const float *four = rows + j * width;
        size_t i = 0;
        for (; i + 4 <= nq; i += 4)
            dot_f32_tile(4, q + i * width, four, width, out + i * out_stride + j, out_stride);
        const float *rest = q + i * width;
        float *to = out + i * out_stride + j;
        switch (nq - i) {
        case 1: dot_f32_tile(1, rest, four, width, to, out_stride); break;
        case 2: dot_f32_tile(2, rest, four, width, to, out_stride); break;
        case 3: dot_f32_tile(3, rest, four, width, to, out_stride); break;
        }
    }
    for (; j < n; j++) {
        for (size_t i = 0; i < nq; i++)
            out[i * out_stride + j] = dot_f32_1x1(q + i * width, rows + j * width, width);
    }
}

static const w2b_scan table = {
    .isa = W2B_ISA_AVX512,
    .unpack = unpack,
    .dot_i16 = dot_i16,
    .hamming = hamming,
    .widen_f16 = widen_f16,
    .widen_f32 = widen_f32,
    .dot_f32 = dot_f32,
    .sieve = &w2b_sieve_avx512
};

const w2b_scan *const w2b_scan_avx512_table = &table;

#else

const w2b_scan *const w2b_scan_avx512_table = NULL;

#endif
