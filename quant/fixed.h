/*
 * fixed.h - training kernels in whole numbers.
 *
 * With b bits in the loop a quantized number is half a step times an odd number
 * from 1 - 2^b to 2^b - 1, and a sum of them is a small whole number. So both
 * products with quantized rows are exact in 16-bit numbers with 32-bit sums, and
 * so is the third one once the errors have been rounded to 16 bits. Latents are
 * 16-bit fixed-point numbers: half the memory traffic of floats. They are changed
 * by stochastic rounding (Gupta et al. 2015): a step far smaller than their last
 * place still counts, on average. Steps are powers of two in their units, so that
 * quantizing is a shift.
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
 * then 4-7, 12-15, 20-23, 28-31.
 */
#ifndef W2B_QUANT_FIXED_H
#define W2B_QUANT_FIXED_H

#include <stddef.h>
#include <stdint.h>

#include "word2bits/w2b.h"

#define W2B_FIXED_PANEL 32
#define W2B_FIXED_ABREAST 4  /* panels of a row of latents that lie next to each other */
#define W2B_FIXED_STRIPE (W2B_FIXED_ABREAST * W2B_FIXED_PANEL)
#define W2B_FIXED_NOISE 2048 /* numbers of noise before they are used again, */
#define W2B_FIXED_NOISE_ROOM (W2B_FIXED_NOISE + 4 * W2B_FIXED_PANEL) /* and as they follow */

/* The quantizer of latents x: the odd number next to x / 2^shift, no further from 0
 * than `most`, which is odd. A step, from one odd number to the next, is
 * 2^(shift + 1) units of a latent. */
typedef struct w2b_fixed_quant {
    unsigned shift; /* 0 to 15 */
    int16_t most;
} w2b_fixed_quant;

/* How sums of products become a step of a row of latents. */
typedef struct w2b_fixed_step {
    float scale;    /* a sum of 1 moves a latent by so many units, up to
                       W2B_FIXED_MOST_SCALE */
    uint32_t noise; /* where in the noise column 0 begins */
} w2b_fixed_step;

/* So that no step leaves 32 bits. */
#define W2B_FIXED_MOST_SCALE 0.5f

/* Rows of some panels of a matrix of latents. A row may occur more than once. */
typedef struct w2b_fixed_rows {
    const uint32_t *rows; /* [n] */
    size_t n, panels;     /* up to 4 panels */
    int16_t *latents;     /* panel p of row r at latents + r * apart + p * 32 */
    size_t apart;
    uint32_t column;      /* of the matrix that they begin with */
    /* of rows that move */
    const w2b_fixed_step *steps; /* [n] */
    const float *noise;   /* [W2B_FIXED_NOISE_ROOM], above -1/2 and below 1/2 */
} w2b_fixed_rows;

/* Where in the noise panel p of row i of them begins. */
static inline uint32_t w2b_fixed_noise_at(const w2b_fixed_rows *rows, size_t i, size_t p)
{
    return (rows->steps[i].noise + rows->column + (uint32_t)p * W2B_FIXED_PANEL) %
           W2B_FIXED_NOISE;
}

#define W2B_FIXED_INPUTS 64 /* of a block, at most */
#define W2B_FIXED_NONE 255

/* Which inputs reach over which positions: those that have begun there or before, but
 * for those that have ended. */
typedef struct w2b_fixed_spans {
    size_t inputs;
    const uint8_t *by_begin, *by_end; /* [inputs] as their spans begin, and as they end */
    const uint8_t *begun, *ended;     /* [positions] how many have begun there or before,
                                         or ended before it */
    const uint8_t *own;               /* [positions] the input that leaves it out, or
                                         W2B_FIXED_NONE */
} w2b_fixed_spans;

#define W2B_FIXED_SKIPS_NONE UINT32_MAX

/* Positions [first, end) but for `skip`, which is one of them or W2B_FIXED_SKIPS_NONE. */
typedef struct w2b_fixed_window {
    uint32_t first, end, skip;
} w2b_fixed_window;

typedef struct w2b_fixed_kern {
    w2b_isa isa;

    /* The quantized numbers of the rows' first panel, each to a row of `out`; if
     * `running`, the sum of all up to it. Columns from `live` on give 0. */
    void (*quantize)(w2b_fixed_quant quant, const w2b_fixed_rows *rows, size_t live, int running,
                     int16_t *out);

    /* out[i] = the sum over the positions of window i < n, of one panel: sums[p] is that
     * of all positions before p. */
    void (*windows)(const int16_t *sums, const w2b_fixed_window *windows, size_t n, int16_t *out);

    /* 2 n rows of one panel woven to n. */
    void (*weave)(const int16_t *rows, size_t n, int32_t *out);

    /* out[16 j + i] = pair j of row i, of 16 rows of one panel. */
    void (*transpose)(const int16_t *rows, int32_t *out);

    /* out[16 i + p] (+)= the product of pair p of a[i] and of b[i], i < n: n rows of one
     * panel. */
    void (*dots)(const int16_t *a, const int16_t *b, size_t n, int32_t *out, int add);

    /* out[i] = the sum of numbers 16 i to 16 i + 15, i < n. */
    void (*sums)(const int32_t *x, size_t n, int32_t *out);

    /* out[y] (+)= rows[y] b: n rows of one panel, as 16 pairs each, times a 16 by
     * 16 matrix of pairs (pair p of input i at b[16 p + i]). */
    void (*scores)(const int16_t *rows, size_t n, const int32_t *b, int32_t *out, int add);

    /* For 16 inputs i, one panel: out[i] = diagonal[i] . paired[i / 2] + the sum
     * over p < pairs of g[16 p + i] . rows[p], all of them pairs of 16-bit
     * numbers, rows woven. `diagonal` may be NULL. */
    void (*gather)(const int32_t *diagonal, const int32_t *paired, const int32_t *g,
                   const int32_t *rows, size_t pairs, int32_t *out);

    /* Row y of `to` moves by the sum over p < pairs of the pair g[2 (y * pairs + p)] .
     * rows[p], one row after the other. Woven rows lie 32 apart and their panels
     * `stride`. */
    void (*spread)(const int16_t *g, size_t pairs, const int32_t *rows, size_t stride,
                   const w2b_fixed_rows *to);

    /* Row y of `to` moves by the one pair g[y] . rows[y / 2]. */
    void (*spread_own)(const int32_t *g, const int32_t *rows, size_t stride,
                       const w2b_fixed_rows *to);

    /* The rows of a run of positions move, one panel of them: that of position p by the
     * sum of the woven rows i with first <= p < end of their spans, less row own[p]. */
    void (*contexts)(const int32_t *rows, const w2b_fixed_spans *spans, const w2b_fixed_rows *to);

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
