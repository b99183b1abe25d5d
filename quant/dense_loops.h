/*
 * dense_loops.h - the loops of dense.h, for compilers to make vectors of: each file
 * that includes this is compiled for another instruction set.
 *
 * Cost: a multiplication and an addition a term. Four rows at a time, so that sums are
 * read and written, and the matrix is read, once for all of them.
 */
#ifndef W2B_QUANT_DENSE_LOOPS_H
#define W2B_QUANT_DENSE_LOOPS_H

#include "quant/dense.h"

#include <string.h>

/* Where registers are shorter, compilers take several. */
typedef float floats8 __attribute__((vector_size(32)));

#define ROWS 4
#define TILE 16 /* columns, of ROWS rows, whose sums stay in registers */

static void add_products(double *restrict sums, size_t i, size_t n, const float *rows,
                         size_t stride, size_t count, const double *weights)
{
    size_t r = 0;
    for (; r + ROWS <= count; r += ROWS) {
        const float *x[ROWS];
        double factor[ROWS];
        for (size_t j = 0; j < ROWS; j++) {
            x[j] = rows + (r + j) * stride;
            factor[j] = weights ? weights[r + j] * x[j][i] : x[j][i];
        }
        for (size_t k = i; k < n; k++) {
            double sum = sums[k];
            for (size_t j = 0; j < ROWS; j++) sum += factor[j] * x[j][k];
            sums[k] = sum;
        }
    }
    for (; r < count; r++) {
        const float *x = rows + r * stride;
        const double factor = weights ? weights[r] * x[i] : x[i];
        for (size_t k = i; k < n; k++) sums[k] += factor * x[k];
    }
}

/* A tile of some rows; `rows` is a constant. */
static inline __attribute__((always_inline)) void
multiply_tile(const float *x, size_t stride, size_t rows, size_t from, const float *m, size_t to,
              float *y)
{
    floats8 left[ROWS] = {{0}}, right[ROWS] = {{0}};
    for (size_t i = 0; i < from; i++) {
        floats8 a, b;
        memcpy(&a, m + i * to, sizeof a);
        memcpy(&b, m + i * to + 8, sizeof b);
#pragma GCC unroll 4
        for (size_t r = 0; r < rows; r++) {
            left[r] += x[r * stride + i] * a;
            right[r] += x[r * stride + i] * b;
        }
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < rows; r++) {
        memcpy(y + r * to, &left[r], sizeof left[r]);
        memcpy(y + r * to + 8, &right[r], sizeof right[r]);
    }
}

static void multiply_narrow(const float *x, size_t stride, size_t n, size_t from, const float *m,
                            size_t to, float *y)
{
    for (size_t r = 0; r < n; r++)
        for (size_t k = 0; k < to; k++) {
            float sum = 0;
            for (size_t i = 0; i < from; i++) sum += x[r * stride + i] * m[i * to + k];
            y[r * to + k] = sum;
        }
}

/* The last tile overlaps the one before it: the same numbers once more. */
static void multiply(const float *x, size_t stride, size_t n, size_t from, const float *m,
                     size_t to, float *y)
{
    if (to < TILE) {
        multiply_narrow(x, stride, n, from, m, to, y);
        return;
    }
    for (size_t done = 0; done < to; done += TILE) {
        const size_t k = done + TILE <= to ? done : to - TILE;
        size_t r = 0;
        for (; r + ROWS <= n; r += ROWS)
            multiply_tile(x + r * stride, stride, ROWS, from, m + k, to, y + r * to + k);
        for (; r < n; r++)
            multiply_tile(x + r * stride, stride, 1, from, m + k, to, y + r * to + k);
    }
}

#endif
