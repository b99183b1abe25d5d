/*
 * pairs.h - the words that two models have in common.
 */
#ifndef W2B_EVAL_PAIRS_H
#define W2B_EVAL_PAIRS_H

#include "io/model.h"

typedef struct w2b_pair {
    uint32_t first, second; /* rows */
} w2b_pair;

typedef struct w2b_pairs {
    const w2b_model *first, *second;
    w2b_pair *pairs; /* [n], the first rows rising */
    size_t n;
    uint64_t first_rows; /* words looked at of each: equal ones count once */
    uint64_t second_rows;
    uint32_t threads;
} w2b_pairs;

/* Looks at the first `rows` rows of both, 0 being all. Release with
 * w2b_pairs_free, whatever this returns. */
w2b_err w2b_pairs_make(w2b_pairs *pairs, const w2b_model *first, const w2b_model *second,
                       uint64_t rows, uint32_t threads, w2b_diag *diag);
void w2b_pairs_free(w2b_pairs *pairs);

/* Eigenspace overlap (May et al. 2019) of the rows of up to `most` pairs, evenly
 * spaced: |U' V|^2 / max(rank U, rank V), U and V being orthonormal bases of the
 * columns of both. From 0 to 1; NaN if one of them is zero. */
w2b_err w2b_pairs_eigenspace(const w2b_pairs *pairs, size_t most, double *overlap,
                             w2b_diag *diag);

#endif
