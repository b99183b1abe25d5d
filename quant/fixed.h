/*
 * fixed.h - training kernels in whole numbers, for few bits in the loop.
 *
 * With b bits in the loop a quantized number is half a step times an odd number
 * from 1 - 2^b to 2^b - 1, and a sum of them is a small whole number. So both
 * products with quantized rows are exact in 16-bit numbers with 32-bit sums, and
 * so is the third one once the errors have been rounded to 16 bits. Latents are
 * 16-bit fixed-point numbers: half the memory traffic of floats, which is what
 * bounds training. They are changed by stochastic rounding (Gupta et al. 2015):
 * a step far smaller than their last place still counts, on average.
 *
 * The quantized values are kept beside the latents as packed codes, so that a
 * forward pass reads a few bytes a row and touches no latents.
 *
 * Whole numbers add up to the same sums in any order; what is done in floats is
 * done number by number with fused multiply-adds. So all instruction sets give
 * the same bits, and the scalar functions are the specification.
 *
 * Layouts. Matrices are cut into panels of 32 columns; rows of one panel follow
 * each other, 32 numbers of 16 bits each. Panels of a matrix are `stride` numbers
 * of that matrix apart. Two rows a and b are "woven" into 32 numbers of 32 bits,
 * column c of a in the lower and of b in the upper half, in the order that
 * interleaving within 16-byte lanes gives: columns 0-3, 8-11, 16-19, 24-27,
 * then 4-7, 12-15, 20-23, 28-31. A row of codes has `bits` words a panel, bit c
 * of word j being bit j of the code of column c.
 */
#ifndef W2B_QUANT_FIXED_H
#define W2B_QUANT_FIXED_H

#include <stddef.h>
#include <stdint.h>

#include "word2bits/w2b.h"

#define W2B_FIXED_PANEL 32
#define W2B_FIXED_ABREAST 4  /* panels that are best moved by `contexts` at a time */
#define W2B_FIXED_NOISE 2048 /* numbers of noise before they are used again, */
#define W2B_FIXED_NOISE_ROOM (W2B_FIXED_NOISE + 4 * W2B_FIXED_PANEL) /* and as they follow */

/* How sums of products become steps of latents, and latents codes. */
typedef struct w2b_fixed_rule {
    unsigned bits;      /* of a code, 1 to 8 */
    unsigned fraction;  /* a step of the quantizer is 2^fraction units of a latent */
    float scale;        /* a sum of 1 moves a latent by so many units */
    const float *noise; /* [W2B_FIXED_NOISE_ROOM], above -1/2 and below 1/2 */
} w2b_fixed_rule;

/* Rows of a matrix of latents, and their codes. A row may occur more than once. */
typedef struct w2b_fixed_rows {
    const uint32_t *rows; /* [n] */
    size_t n, panels;
    int16_t *latents;     /* panel p of row r at latents + p * apart + r * 32 */
    uint32_t *codes;      /* row r from codes + r * words on */
    const float *rates;   /* [all rows] what their steps are multiplied by */
    size_t apart, words;
    uint64_t number;      /* of the first of them, among all moves of a run */
    uint32_t column;      /* of the matrix that they begin with */
} w2b_fixed_rows;

/* Where in the noise row i of them begins. */
static inline uint32_t w2b_fixed_noise_at(const w2b_fixed_rows *rows, size_t i)
{
    return (uint32_t)((rows->number + i) * 0x9E3779B97F4A7C15u >> 40) + rows->column;
}

/* Which inputs reach over which positions. Lists are chains: from the head at a
 * position on, next[i] follows i, and W2B_FIXED_NONE is the end. */
typedef struct w2b_fixed_spans {
    const uint8_t *begins, *ends;         /* [positions] heads: inputs whose span
                                             begins there, or ended before it */
    const uint8_t *next_begin, *next_end; /* [inputs] */
    const uint8_t *own;                   /* [positions] or W2B_FIXED_NONE */
} w2b_fixed_spans;

#define W2B_FIXED_NONE 255

/* Positions [first, end) but for `skip`, which is one of them or UINT32_MAX. */
typedef struct w2b_fixed_window {
    uint32_t first, end, skip;
} w2b_fixed_window;

typedef struct w2b_fixed_kern {
    w2b_isa isa;

    /* Latents x[32] of one panel to codes[bits]: floor(x / step), cut off at both
     * ends. */
    void (*encode)(const w2b_fixed_rule *rule, const int16_t *x, uint32_t *codes);

    /* The odd numbers of the codes of the rows' first panel, each to a row of `out`;
     * if `running`, the sum of all up to it. Columns from `live` on give 0. */
    void (*expand)(const w2b_fixed_rows *rows, unsigned bits, size_t live, int running,
                   int16_t *out);

    /* out[i] = the sum over the positions of window i < n, of one panel: sums[p] is that
     * of all positions before p. */
    void (*windows)(const int16_t *sums, const w2b_fixed_window *windows, size_t n, int16_t *out);

    /* 2 n rows of one panel woven to n. */
    void (*weave)(const int16_t *rows, size_t n, int32_t *out);

    /* out[16 i + p] (+)= the product of pair p of a[i] and of b[i], i < n: n rows of one
     * panel. */
    void (*dots)(const int16_t *a, const int16_t *b, size_t n, int32_t *out, int add);

    /* out[y] (+)= rows[y] b: n rows of one panel, as 16 pairs each, times a 16 by
     * 16 matrix of pairs (pair p of input i at b[16 p + i]). */
    void (*scores)(const int16_t *rows, size_t n, const int32_t *b, int32_t *out, int add);

    /* For 16 inputs i, one panel: out[i] = diagonal[i] . paired[i / 2] + the sum
     * over p < pairs of g[16 p + i] . rows[p], all of them pairs of 16-bit
     * numbers, rows woven. `diagonal` may be NULL. */
    void (*gather)(const int32_t *diagonal, const int32_t *paired, const int32_t *g,
                   const int32_t *rows, size_t pairs, int32_t *out);

    /* Row y of `to` moves by the sum over p < pairs of the pair g[2 (y * pairs + p)] .
     * rows[p], one row after the other, and its codes follow. Woven rows lie 32 apart
     * and their panels `stride`. */
    void (*spread)(const w2b_fixed_rule *rule, const int16_t *g, size_t pairs,
                   const int32_t *rows, size_t stride, const w2b_fixed_rows *to);

    /* Row y of `to` moves by the one pair g[2 y] . rows[y / 2]. */
    void (*spread_own)(const w2b_fixed_rule *rule, const int16_t *g, const int32_t *rows,
                       size_t stride, const w2b_fixed_rows *to);

    /* The rows of a run of positions move: that of position p by the sum of the
     * woven rows i with first <= p < end of their spans, less row own[p]. */
    void (*contexts)(const w2b_fixed_rule *rule, const int32_t *rows, size_t stride,
                     const w2b_fixed_spans *spans, const w2b_fixed_rows *to);

    /* For n rows of 16: s = by[i] * the sum of `parts` partial scores, `stride`
     * apart, and error = want - mass / (1 + exp(-s)). */
    void (*errors)(const int32_t *partials, size_t parts, size_t stride, const float by[16],
                   const float *want, const float *mass, float *s, float *error, size_t n);

    /* n rows of 16 numbers times by[i], rounded to 16 bits, rows row_stride
     * apart in `out`. */
    void (*round)(const float *x, const float by[16], int16_t *out, size_t row_stride, size_t n);
} w2b_fixed_kern;

/* The table of `isa`, W2B_ISA_AUTO for the best; NULL if the CPU or the build
 * lacks it. */
const w2b_fixed_kern *w2b_fixed_for(w2b_isa isa);

#endif
