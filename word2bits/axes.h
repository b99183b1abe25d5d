/*
 * axes.h - trained vectors turned to their principal axes.
 */
#ifndef W2B_AXES_H
#define W2B_AXES_H

#include "word2bits/trainer.h"

/* Numbers a vector while training, at most: the axes of n numbers take some
 * 9 n^3 operations and two matrices of n by n. */
#define W2B_AXES_DIM 2048

typedef struct w2b_axes {
    uint32_t from, to;
    float *mean;  /* [from], of vectors brought to length 1 */
    float *turn;  /* [from][to] */
    float widest; /* no number of a turned vector exceeds this times its length */
    const struct w2b_dense *dense; /* what turns them */
} w2b_axes;

/* The first options.dim axes of the trainer's vectors, all of which are finite.
 * The same numbers for any threads. Release it with w2b_axes_free, whatever this
 * returns; -1: no memory. */
int w2b_axes_find(const w2b_trainer *t, w2b_axes *axes);
void w2b_axes_free(w2b_axes *axes);

/* Numbers y[n][to] of the vectors of n rows from one on; work[(n + 1) * from] is
 * scratch. n * from * to multiplications. */
#define W2B_AXES_ROWS 64 /* at most */
void w2b_axes_turn(const w2b_axes *axes, const w2b_trainer *t, uint64_t row, size_t n,
                   float *work, float *y);

/* Bytes that the two take together, at most. */
uint64_t w2b_axes_bytes(uint32_t from, uint32_t to);

#endif
