/*
 * scan.h - distance kernels: blocks of stored rows against queries.
 *
 * One table of functions an instruction set, chosen once by w2b_scan_for and
 * kept in the caller's handle. The scalar functions are the specification:
 * every other table gives the same bits. Integer results are exact; float
 * sums follow one fixed order (see dot_f32).
 *
 * No function reads outside the rows it is given, whatever their alignment;
 * those of 512 bits are up to twice as fast where rows start at multiples of
 * 64 bytes.
 */
#ifndef W2B_QUANT_SCAN_H
#define W2B_QUANT_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "quant/sieve.h"
#include "word2bits/w2b.h"

/* Numbers of a row in working form, rounded up: rows of int16 and float that
 * the kernels work on have this many, those past dim being 0. */
#define W2B_SCAN_LANES 32
static inline size_t w2b_scan_width(uint32_t dim)
{
    return ((size_t)dim + W2B_SCAN_LANES - 1) / W2B_SCAN_LANES * W2B_SCAN_LANES;
}

typedef struct w2b_scan {
    w2b_isa isa;

    /* n rows of 1 to 8 bit codes to rows[n][width] of levels, zero past dim. */
    void (*unpack)(const uint8_t *codes, size_t stride, size_t n, uint32_t dim,
                   uint32_t bits, const int8_t *levels, int16_t *rows);

    /* out[i * out_stride + j] = q[i] . rows[j], for i < nq, j < n. The caller
     * sees to it that no sum can leave 32 bits: sum |q| * 127 < 2^31. */
    void (*dot_i16)(const int16_t *q, size_t nq, const int16_t *rows, size_t n,
                    size_t width, int32_t *out, size_t out_stride);

    /* out[j] = number of bits in which q and row j differ; stride bytes. */
    void (*hamming)(const uint8_t *q, const uint8_t *codes, size_t stride,
                    size_t n, uint32_t *out);

    /* n rows of dim half or single floats to rows[n][width]. */
    void (*widen_f16)(const uint8_t *codes, size_t n, uint32_t dim, float *rows);
    void (*widen_f32)(const uint8_t *codes, size_t n, uint32_t dim, float *rows);

    /* As dot_i16, in floats. Sum l of 16 takes the products at l, l+16, ... in
     * this order, multiply then add; then lanes l and l+8 are added, l and
     * l+4, l and l+2, l and l+1. */
    void (*dot_f32)(const float *q, size_t nq, const float *rows, size_t n,
                    size_t width, float *out, size_t out_stride);

    /* Which rows are worth the above. */
    const w2b_sieve *sieve;
} w2b_scan;

/* The table of `isa`, W2B_ISA_AUTO for the best; NULL if the CPU or the build
 * lacks it. */
const w2b_scan *w2b_scan_for(w2b_isa isa);

/* Nonzero if this CPU (and the system's saving of its registers) has `isa`.
 * Whether the build has kernels for it is the tables' business. */
int w2b_isa_present(w2b_isa isa);

#endif
