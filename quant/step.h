/*
 * step.h - training kernels: quantizing latent rows, and the products of small
 * matrices that a block of training windows comes down to.
 *
 * One table of functions an instruction set, chosen once by w2b_step_for. The
 * scalar functions are the specification: all tables give the same bits. That
 * needs no order of lanes: in every kernel each number of the output is a sum
 * over one index that is taken in rising order, by fused multiply-add where
 * there are products, so that vectors of any width do the same arithmetic.
 *
 * Buffers are cut into panels of 16 columns: panel p of a matrix holds columns
 * 16 p to 16 p + 15 of all its rows, 16 floats a row, so that every operand of
 * a product is at a constant distance from its neighbour. `stride` is the
 * distance of panels in floats. Latent rows alone lie row by row. Nothing needs
 * alignment.
 */
#ifndef W2B_QUANT_STEP_H
#define W2B_QUANT_STEP_H

#include <stddef.h>

#include "word2bits/w2b.h"

/* The quantizer in the loop: 2^bits equally spaced levels around 0, `step`
 * apart (mid-rise). With 1 bit and step 2/3 this is Word2Bits' sign(x)/3, with
 * 2 bits and step 1/2 its quarter levels. bits = 0: none. */
typedef struct w2b_loop_quant {
    unsigned bits;
    float step;
} w2b_loop_quant;

typedef struct w2b_step_kern {
    w2b_isa isa;

    /* One row x[n] to its places in panels: column c to q[c / 16 * stride +
     * c % 16], the level nearest to it; the rest of `panels` panels is 0. */
    void (*quantize)(w2b_loop_quant how, const float *x, size_t n, float *q, size_t stride,
                     size_t panels);

    /* The mean of rows [first, end) but for `skip` of a matrix to one row:
     * scale times their sum, which is 0 for no rows. */
    void (*mean)(const float *rows, size_t stride, size_t first, size_t end, size_t skip,
                 float scale, float *out, size_t out_stride, size_t panels);

    /* out[16 p + c] += by * the sum over i of rows[list[i]], for a latent row. */
    void (*accumulate)(const float *rows, size_t stride, const unsigned *list, size_t count,
                       float by, float *out, size_t panels);

    /* out[j * 16 + i] = a[i * 16 + j], 16 by 16 numbers of 32 bits, of any kind. */
    void (*transpose)(const void *a, void *out);

    /* out[i] (+)= the sum over j of a[j * 16 + i] * b[j * 16 + i], i, j < 16:
     * dot products of the columns of two tiles; added to `out` if `add`. */
    void (*pair_dots)(const float *a, const float *b, float *out, int add);

    /* out[y] (+)= rows[y] b: n rows of 16 times a 16 by 16 matrix. */
    void (*scores)(const float *rows, size_t n, const float *b, float *out, int add);

    /* out[i] = diagonal[i] * paired[i] + the sum over y < n of g[y * 16 + i] *
     * rows[y], for i < 16; rows of 16, of one panel. `diagonal` may be NULL. */
    void (*gather)(const float *diagonal, const float *paired, const float *g, const float *rows,
                   size_t n, float *out);

    /* latent[y][16 p + c] += by[y] * the sum over i of g[y * 16 + i] * rows[i],
     * for y < n in this order: a latent row may occur more than once. */
    void (*spread)(const float *g, const float *by, size_t n, const float *rows, size_t stride,
                   float *const *latent, size_t panels);

    /* latent[i][16 p + c] += g[i] * by[i] * rows[i], for i < n in order. */
    void (*spread_diagonal)(const float *g, const float *by, size_t n, const float *rows,
                            size_t stride, float *const *latent, size_t panels);

    /* s[i] = sum over k of partials[k * stride + i], k < groups, and
     * grad[i] = rate * (want[i] - mass[i] / (1 + exp(-s[i]))), i < n, a
     * multiple of 16. */
    void (*gradient)(const float *partials, size_t groups, size_t stride, const float *want,
                     const float *mass, float rate, float *s, float *grad, size_t n);
} w2b_step_kern;

/* The table of `isa`, W2B_ISA_AUTO for the best; NULL if the CPU or the build
 * lacks it. */
const w2b_step_kern *w2b_step_for(w2b_isa isa);

#endif
