/*
 * scan_avx2.c - the distance kernels for AVX2, POPCNT and F16C.
 *
 * kernel     bytes read      instructions, about (a row of 300 numbers)
 * unpack     38 * bits       15 for 32 numbers and 1-4 bits (150), 17, 21, 29
 *                            for 5, 6, 7 (290); 8 bits: 9 if the levels are
 *                            equally spaced (90), else 2 a number
 * dot_i16    640             3 for 16 numbers and a query (60), + 3 for sums
 * hamming    38              3 for 8 bytes (15), + 6
 * widen_f16  600             3 for 8 numbers (115)
 * dot_f32    1280            4 for 8 numbers and a query (160), + 4
 *
 * Bottlenecks: unpack the shuffles (one a cycle on Intel before 2019); hamming
 * POPCNT (one a cycle); dot_i16 with one query the loads of rows, with two
 * and more the multiplications; dot_f32 the additions, which must not be fused
 * with the multiplications.
 * Overflow: a sum in dot_i16 holds 32 bits and wraps; one product of two
 * neighbours wraps for four times -32768 only. hamming: none.
 */
#include "quant/scan_isa.h"

#if defined(__AVX2__) && defined(__F16C__) && defined(__POPCNT__)

#include <immintrin.h>
#include <string.h>

#include "quant/unpack_avx2.h"

/* ----- Codes to levels ---------------------------------------------------- */

/* Signed bytes to 32 numbers of 16 bits. */
static inline void store_wide(int16_t *to, __m256i bytes)
{
    const __m256i low = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(bytes));
    const __m256i high = _mm256_cvtepi8_epi16(_mm256_extracti128_si256(bytes, 1));
    _mm256_storeu_si256((__m256i *)to, low);
    _mm256_storeu_si256((__m256i *)(to + 16), high);
}

/* `bits` is a constant where this is inlined. */
static inline __attribute__((always_inline)) void
unpack_rows(uint32_t bits, const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
            const int8_t *levels, int16_t *rows)
{
    unpack_plan plan;
    unpack_prepare(&plan, bits, levels);
    const size_t width = w2b_scan_width(dim), groups = width / 32;
    const size_t row_bytes = ((size_t)dim * bits + 7) / 8;
    const uint8_t *end = codes + (n - 1) * stride + row_bytes;
    for (size_t row = 0; row < n; row++, codes += stride, rows += width) {
        for (size_t g = 0; g < groups; g++) {
            /* Loads may run into the rows behind, but not past the last. */
            uint8_t copy[32] = { 0 };
            const uint8_t *from = codes + g * 4 * bits;
            const size_t left = (size_t)(end - from);
            if (left < 2 * bits + 16)
                from = memcpy(copy, from, left);
            store_wide(rows + g * 32, levels_32(&plan, bits, from));
        }
        memset(rows + dim, 0, (width - dim) * sizeof *rows);
    }
}

/* The levels -127, -127, -126, ..., 127, in arithmetic. */
static void unpack_8_even(const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
                          int16_t *rows)
{
    const size_t width = w2b_scan_width(dim);
    const __m256i middle = _mm256_set1_epi8(-128), least = _mm256_set1_epi8(-127);
    for (size_t row = 0; row < n; row++, codes += stride, rows += width) {
        for (size_t i = 0; i < width; i += 32) {
            uint8_t copy[32] = { 0 };
            const uint8_t *from = codes + i;
            if (dim - i < 32)
                from = memcpy(copy, from, dim - i);
            const __m256i bytes = _mm256_loadu_si256((const __m256i *)from);
            store_wide(rows + i, _mm256_max_epi8(_mm256_sub_epi8(bytes, middle), least));
        }
        memset(rows + dim, 0, (width - dim) * sizeof *rows);
    }
}

static void unpack_8(const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
                     const int8_t *levels, int16_t *rows)
{
    int even = levels[0] == -127;
    for (int i = 1; i < 256; i++)
        even &= levels[i] == i - 128;
    if (even) {
        unpack_8_even(codes, stride, n, dim, rows);
        return;
    }
    const size_t width = w2b_scan_width(dim);
    for (size_t row = 0; row < n; row++, codes += stride, rows += width) {
        for (size_t i = 0; i < dim; i++)
            rows[i] = levels[codes[i]];
        memset(rows + dim, 0, (width - dim) * sizeof *rows);
    }
}

static void unpack(const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
                   uint32_t bits, const int8_t *levels, int16_t *rows)
{
    if (n == 0)
        return;
    switch (bits) {
    case 1: unpack_rows(1, codes, stride, n, dim, levels, rows); break;
    case 2: unpack_rows(2, codes, stride, n, dim, levels, rows); break;
    case 3: unpack_rows(3, codes, stride, n, dim, levels, rows); break;
    case 4: unpack_rows(4, codes, stride, n, dim, levels, rows); break;
    case 5: unpack_rows(5, codes, stride, n, dim, levels, rows); break;
    case 6: unpack_rows(6, codes, stride, n, dim, levels, rows); break;
    case 7: unpack_rows(7, codes, stride, n, dim, levels, rows); break;
    case 8: unpack_8(codes, stride, n, dim, levels, rows); break;
    }
}

/* ----- Integer products --------------------------------------------------- */

static inline __m256i load_256(const int16_t *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* The sums of four registers, in their order. */
static inline __m128i sums_of_4(__m256i a, __m256i b, __m256i c, __m256i d)
{
    const __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

/* Four rows against two queries: each load is used two or four times, and
 * eight chains of additions hide their latency. */
static void dot_i16_4x2(const int16_t *q, const int16_t *rows, size_t width, int32_t *out,
                        size_t out_stride)
{
    const int16_t *p = q + width, *b = rows + width, *c = b + width, *d = c + width;
    __m256i qa = _mm256_setzero_si256(), qb = qa, qc = qa, qd = qa;
    __m256i pa = qa, pb = qa, pc = qa, pd = qa;
    for (size_t k = 0; k < width; k += 16) {
        const __m256i q16 = load_256(q + k), p16 = load_256(p + k);
        const __m256i a16 = load_256(rows + k), b16 = load_256(b + k);
        const __m256i c16 = load_256(c + k), d16 = load_256(d + k);
        qa = _mm256_add_epi32(qa, _mm256_madd_epi16(q16, a16));
        qb = _mm256_add_epi32(qb, _mm256_madd_epi16(q16, b16));
        qc = _mm256_add_epi32(qc, _mm256_madd_epi16(q16, c16));
        qd = _mm256_add_epi32(qd, _mm256_madd_epi16(q16, d16));
        pa = _mm256_add_epi32(pa, _mm256_madd_epi16(p16, a16));
        pb = _mm256_add_epi32(pb, _mm256_madd_epi16(p16, b16));
        pc = _mm256_add_epi32(pc, _mm256_madd_epi16(p16, c16));
        pd = _mm256_add_epi32(pd, _mm256_madd_epi16(p16, d16));
    }
    _mm_storeu_si128((__m128i *)out, sums_of_4(qa, qb, qc, qd));
    _mm_storeu_si128((__m128i *)(out + out_stride), sums_of_4(pa, pb, pc, pd));
}

static void dot_i16_4x1(const int16_t *q, const int16_t *rows, size_t width, int32_t *out)
{
    const int16_t *b = rows + width, *c = b + width, *d = c + width;
    __m256i qa = _mm256_setzero_si256(), qb = qa, qc = qa, qd = qa;
    for (size_t k = 0; k < width; k += 16) {
        const __m256i q16 = load_256(q + k);
        qa = _mm256_add_epi32(qa, _mm256_madd_epi16(q16, load_256(rows + k)));
        qb = _mm256_add_epi32(qb, _mm256_madd_epi16(q16, load_256(b + k)));
        qc = _mm256_add_epi32(qc, _mm256_madd_epi16(q16, load_256(c + k)));
        qd = _mm256_add_epi32(qd, _mm256_madd_epi16(q16, load_256(d + k)));
    }
    _mm_storeu_si128((__m128i *)out, sums_of_4(qa, qb, qc, qd));
}

static int32_t dot_i16_1x1(const int16_t *q, const int16_t *row, size_t width)
{
    __m256i sum = _mm256_setzero_si256();
    for (size_t k = 0; k < width; k += 16)
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load_256(q + k), load_256(row + k)));
    return _mm_cvtsi128_si32(sums_of_4(sum, sum, sum, sum));
}

static void dot_i16(const int16_t *q, size_t nq, const int16_t *rows, size_t n,
                    size_t width, int32_t *out, size_t out_stride)
{
    size_t j = 0;
    for (; j + 4 <= n; j += 4) {
        const int16_t *four = rows + j * width;
        size_t i = 0;
        for (; i + 2 <= nq; i += 2)
            dot_i16_4x2(q + i * width, four, width, out + i * out_stride + j, out_stride);
        if (i < nq)
            dot_i16_4x1(q + i * width, four, width, out + i * out_stride + j);
    }
    for (; j < n; j++) {
        for (size_t i = 0; i < nq; i++)
            out[i * out_stride + j] = dot_i16_1x1(q + i * width, rows + j * width, width);
    }
}

/* ----- Differing bits ----------------------------------------------------- */

static inline uint64_t load_64(const uint8_t *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

static inline uint32_t ones(uint64_t x)
{
    return (uint32_t)_mm_popcnt_u64(x);
}

/* Rows of less than 8 bytes: a word holds the whole row and some of the next,
 * which is masked off; the last rows are copied. */
static void hamming_short(const uint8_t *q, const uint8_t *codes, size_t stride, size_t n,
                          uint32_t *out)
{
    uint64_t query = 0;
    memcpy(&query, q, stride);
    const uint64_t mask = (UINT64_C(1) << (8 * stride)) - 1;
    for (size_t row = 0; row < n; row++, codes += stride) {
        uint64_t word = 0;
        if ((n - row) * stride >= 8)
            word = load_64(codes) & mask;
        else
            memcpy(&word, codes, stride);
        out[row] = ones(word ^ query);
    }
}

/* Wider registers would have to sum across for every row, which costs more
 * than POPCNT on the 3 to 16 words that rows usually are. */
static void hamming(const uint8_t *q, const uint8_t *codes, size_t stride,
                    size_t n, uint32_t *out)
{
    if (stride < 8) {
        hamming_short(q, codes, stride, n, out);
        return;
    }
    /* The rest that is no whole word: the last 8 bytes of the row, with those
     * that were counted already shifted out. */
    const size_t whole = stride & ~(size_t)7, tail = stride - 8;
    const int has_rest = whole < stride;
    const unsigned seen = 8 * (unsigned)(8 - (stride - whole)) & 63;
    const uint64_t query_tail = load_64(q + tail);
    size_t row = 0;
    for (; row + 4 <= n; row += 4, codes += 4 * stride) {
        const uint8_t *b = codes + stride, *c = b + stride, *d = c + stride;
        uint32_t in_a = 0, in_b = 0, in_c = 0, in_d = 0;
        for (size_t i = 0; i < whole; i += 8) {
            const uint64_t query = load_64(q + i);
            in_a += ones(load_64(codes + i) ^ query);
            in_b += ones(load_64(b + i) ^ query);
            in_c += ones(load_64(c + i) ^ query);
            in_d += ones(load_64(d + i) ^ query);
        }
        if (has_rest) {
            in_a += ones((load_64(codes + tail) ^ query_tail) >> seen);
            in_b += ones((load_64(b + tail) ^ query_tail) >> seen);
            in_c += ones((load_64(c + tail) ^ query_tail) >> seen);
            in_d += ones((load_64(d + tail) ^ query_tail) >> seen);
        }
        out[row] = in_a;
        out[row + 1] = in_b;
        out[row + 2] = in_c;
        out[row + 3] = in_d;
    }
    for (; row < n; row++, codes += stride) {
        uint32_t sum = has_rest ? ones((load_64(codes + tail) ^ query_tail) >> seen) : 0;
        for (size_t i = 0; i < whole; i += 8)
            sum += ones(load_64(codes + i) ^ load_64(q + i));
        out[row] = sum;
    }
}

/* ----- Floats ------------------------------------------------------------- */

static void widen_f16(const uint8_t *codes, size_t n, uint32_t dim, float *rows)
{
    const size_t width = w2b_scan_width(dim);
    for (size_t row = 0; row < n; row++, codes += 2 * (size_t)dim, rows += width) {
        memset(rows + dim, 0, (width - dim) * sizeof *rows);
        size_t i = 0;
        for (; i + 8 <= dim; i += 8) {
            const __m128i halves = _mm_loadu_si128((const __m128i *)(codes + 2 * i));
            _mm256_storeu_ps(rows + i, _mm256_cvtph_ps(halves));
        }
        if (i < dim) {
            uint8_t copy[16] = { 0 };
            memcpy(copy, codes + 2 * i, 2 * (dim - i));
            const __m128i halves = _mm_loadu_si128((const __m128i *)copy);
            _mm256_storeu_ps(rows + i, _mm256_cvtph_ps(halves));
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

/* Never fused, also where the compiler would be free to. */
static inline __m256 add_product(__m256 sum, const float *a, const float *b)
{
    return _mm256_add_ps(sum, _mm256_mul_ps(_mm256_loadu_ps(a), _mm256_loadu_ps(b)));
}

/* Sixteen sums as two registers, to four: l and l+8, then l and l+4. */
static inline __m128 fold(__m256 low, __m256 high)
{
    const __m256 eight = _mm256_add_ps(low, high);
    return _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

/* The end of four sums: l and l+2, then l and l+1, in their order. */
static inline __m128 fold_4(__m128 a, __m128 b, __m128 c, __m128 d)
{
    const __m128 ab_low = _mm_movelh_ps(a, b), ab_high = _mm_movehl_ps(b, a);
    const __m128 cd_low = _mm_movelh_ps(c, d), cd_high = _mm_movehl_ps(d, c);
    const __m128 ab = _mm_add_ps(ab_low, ab_high), cd = _mm_add_ps(cd_low, cd_high);
    return _mm_add_ps(_mm_shuffle_ps(ab, cd, _MM_SHUFFLE(2, 0, 2, 0)),
                      _mm_shuffle_ps(ab, cd, _MM_SHUFFLE(3, 1, 3, 1)));
}

static void dot_f32_4x1(const float *q, const float *rows, size_t width, float *out)
{
    const float *b = rows + width, *c = b + width, *d = c + width;
    __m256 a0 = _mm256_setzero_ps(), b0 = a0, c0 = a0, d0 = a0;
    __m256 a8 = a0, b8 = a0, c8 = a0, d8 = a0;
    for (size_t k = 0; k < width; k += 16) {
        a0 = add_product(a0, q + k, rows + k);
        b0 = add_product(b0, q + k, b + k);
        c0 = add_product(c0, q + k, c + k);
        d0 = add_product(d0, q + k, d + k);
        a8 = add_product(a8, q + k + 8, rows + k + 8);
        b8 = add_product(b8, q + k + 8, b + k + 8);
        c8 = add_product(c8, q + k + 8, c + k + 8);
        d8 = add_product(d8, q + k + 8, d + k + 8);
    }
    _mm_storeu_ps(out, fold_4(fold(a0, a8), fold(b0, b8), fold(c0, c8), fold(d0, d8)));
}

static float dot_f32_1x1(const float *q, const float *row, size_t width)
{
    __m256 low = _mm256_setzero_ps(), high = low;
    for (size_t k = 0; k < width; k += 16) {
        low = add_product(low, q + k, row + k);
        high = add_product(high, q + k + 8, row + k + 8);
    }
    const __m128 sum = fold(low, high);
    return _mm_cvtss_f32(fold_4(sum, sum, sum, sum));
}

static void dot_f32(const float *q, size_t nq, const float *rows, size_t n,
                    size_t width, float *out, size_t out_stride)
{
    size_t j = 0;
    for (; j + 4 <= n; j += 4) {
        for (size_t i = 0; i < nq; i++)
            dot_f32_4x1(q + i * width, rows + j * width, width, out + i * out_stride + j);
    }
    for (; j < n; j++) {
        for (size_t i = 0; i < nq; i++)
            out[i * out_stride + j] = dot_f32_1x1(q + i * width, rows + j * width, width);
    }
}

static const w2b_scan table = {
    .isa = W2B_ISA_AVX2,
    .unpack = unpack,
    .dot_i16 = dot_i16,
    .hamming = hamming,
    .widen_f16 = widen_f16,
    .widen_f32 = widen_f32,
    .dot_f32 = dot_f32,
    .sieve = &w2b_sieve_avx2
};

const w2b_scan *const w2b_scan_avx2_table = &table;

#else

const w2b_scan *const w2b_scan_avx2_table = NULL;

#endif
