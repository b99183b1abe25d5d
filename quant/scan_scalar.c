/*
 * scan_scalar.c - the distance kernels in plain C: the specification that the
 * other files of this name must equal bit for bit. Written for clearness; the
 * cost is what the compiler makes of it.
 *
 * kernel     bytes read            about, an instruction a number
 * unpack     dim * bits / 8 a row  7, the rows written are 2 bytes a number
 * dot_i16    2 * width a row       3; once for each query
 * hamming    stride a row          12 for 64 bits (no POPCNT on plain x86-64)
 * widen_*    2 or 4 * dim a row    12 and 2
 * dot_f32    4 * width a row       3; once for each query
 *
 * Overflow: dot_i16 adds in unsigned arithmetic, so that sums that break the
 * caller's promise wrap as they do in vector registers. hamming counts to
 * 2^32 - 1 bits, which no row reaches.
 */
#include "quant/scan_isa.h"

#include <string.h>

#include "quant/num.h"

/* Little-endian, whatever the machine. */
static uint64_t load_bytes(const uint8_t *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value |= (uint64_t)p[i] << (8 * i);
    return value;
}

/* Eight codes of b bits are b bytes: the row goes by such groups, the last of
 * them perhaps shorter. */
static void unpack(const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
                   uint32_t bits, const int8_t *levels, int16_t *rows)
{
    const size_t width = w2b_scan_width(dim);
    const uint32_t mask = (1u << bits) - 1;
    for (size_t row = 0; row < n; row++, codes += stride, rows += width) {
        const uint8_t *group = codes;
        for (uint32_t i = 0; i < dim; i += 8, group += bits) {
            const uint32_t count = dim - i < 8 ? dim - i : 8;
            uint64_t packed = load_bytes(group, (count * bits + 7) / 8);
            for (uint32_t j = 0; j < count; j++, packed >>= bits)
                rows[i + j] = levels[packed & mask];
        }
        memset(rows + dim, 0, (width - dim) * sizeof *rows);
    }
}

static void dot_i16(const int16_t *q, size_t nq, const int16_t *rows, size_t n,
                    size_t width, int32_t *out, size_t out_stride)
{
    for (size_t i = 0; i < nq; i++) {
        for (size_t j = 0; j < n; j++) {
            const int16_t *a = q + i * width;
            const int16_t *b = rows + j * width;
            uint32_t sum = 0;
            for (size_t k = 0; k < width; k++)
                sum += (uint32_t)((int32_t)a[k] * b[k]);
            out[i * out_stride + j] = (int32_t)sum;
        }
    }
}

/* Ones in a word, by adding neighbours of 1, 2 and 4 bits, then all bytes. */
static uint32_t ones(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)((x * UINT64_C(0x0101010101010101)) >> 56);
}

static void hamming(const uint8_t *q, const uint8_t *codes, size_t stride,
                    size_t n, uint32_t *out)
{
    for (size_t row = 0; row < n; row++, codes += stride) {
        uint32_t sum = 0;
        size_t i = 0;
        for (; i + 8 <= stride; i += 8)
            sum += ones(load_bytes(q + i, 8) ^ load_bytes(codes + i, 8));
        if (i < stride)
            sum += ones(load_bytes(q + i, stride - i) ^ load_bytes(codes + i, stride - i));
        out[row] = sum;
    }
}

static void widen_f16(const uint8_t *codes, size_t n, uint32_t dim, float *rows)
{
    const size_t width = w2b_scan_width(dim);
    for (size_t row = 0; row < n; row++, rows += width) {
        for (uint32_t i = 0; i < dim; i++, codes += 2)
            rows[i] = w2b_half_to_float((uint16_t)load_bytes(codes, 2));
        memset(rows + dim, 0, (width - dim) * sizeof *rows);
    }
}

static void widen_f32(const uint8_t *codes, size_t n, uint32_t dim, float *rows)
{
    const size_t width = w2b_scan_width(dim);
    for (size_t row = 0; row < n; row++, rows += width) {
        for (uint32_t i = 0; i < dim; i++, codes += 4) {
            const uint32_t bits = (uint32_t)load_bytes(codes, 4);
            memcpy(rows + i, &bits, sizeof bits);
        }
        memset(rows + dim, 0, (width - dim) * sizeof *rows);
    }
}

static void dot_f32(const float *q, size_t nq, const float *rows, size_t n,
                    size_t width, float *out, size_t out_stride)
{
    for (size_t i = 0; i < nq; i++) {
        for (size_t j = 0; j < n; j++) {
            const float *a = q + i * width;
            const float *b = rows + j * width;
            float sum[16] = { 0 };
            for (size_t k = 0; k < width; k += 16) {
                for (size_t l = 0; l < 16; l++)
                    sum[l] += a[k + l] * b[k + l];
            }
            for (size_t step = 8; step > 0; step /= 2) {
                for (size_t l = 0; l < step; l++)
                    sum[l] += sum[l + step];
            }
            out[i * out_stride + j] = sum[0];
        }
    }
}

static const w2b_scan table = {
    .isa = W2B_ISA_SCALAR,
    .unpack = unpack,
    .dot_i16 = dot_i16,
    .hamming = hamming,
    .widen_f16 = widen_f16,
    .widen_f32 = widen_f32,
    .dot_f32 = dot_f32,
    .sieve = &w2b_sieve_scalar
};

const w2b_scan *const w2b_scan_scalar_table = &table;
