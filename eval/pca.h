/*
 * pca.h - the two directions in which rows differ most.
 */
#ifndef W2B_EVAL_PCA_H
#define W2B_EVAL_PCA_H

#include <stddef.h>
#include <stdint.h>

#include "io/base.h"

/* Centres rows[n][dim] in place, finds the first two principal components by
 * orthogonal iteration from a start that `seed` gives, and writes the rows'
 * coordinates on them to xy. A direction in which the rows do not differ gives
 * zeros. The result does not depend on `threads`. Cost: n * dim * 16
 * multiplications a step, 60 steps at most. Fails for want of memory only. */
w2b_err w2b_pca(float *rows, size_t n, size_t dim, uint64_t seed, uint32_t threads,
                double (*xy)[2], w2b_diag *diag);

#endif
