/*
 * dense.h - products of rows of floats with matrices that fit into a cache: second
 * moments, and turning rows.
 *
 * Each number is a sum in the order of its terms, multiply then add, so that every
 * table gives the same ones. Nothing needs alignment; what is written overlaps nothing
 * that is read.
 */
#ifndef W2B_QUANT_DENSE_H
#define W2B_QUANT_DENSE_H

#include <stddef.h>

#include "word2bits/w2b.h"

typedef struct w2b_dense {
    w2b_isa isa;

    /* Adds to a row of a matrix of second moments, from its diagonal on, what rows
     * [count] of n floats bring, in their order: weights[r] x[i] x[k] to sums[k], k >=
     * i. The rows begin `stride` floats apart; no weights: all are 1. Rows of the
     * matrix may be worked on by different threads. */
    void (*add_products)(double *sums, size_t i, size_t n, const float *rows, size_t stride,
                         size_t count, const double *weights);

    /* y[r][k] = the sum over i < from of x[r][i] m[i][k], for r < n and k < to. Rows of x
     * begin `stride` floats apart. */
    void (*multiply)(const float *x, size_t stride, size_t n, size_t from, const float *m,
                     size_t to, float *y);
} w2b_dense;

/* The best table that the processor has; that of an instruction set, or NULL where the
 * build lacks it. */
const w2b_dense *w2b_dense_best(void);
extern const w2b_dense *const w2b_dense_scalar;
extern const w2b_dense *const w2b_dense_avx2;

#endif
