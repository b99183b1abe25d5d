/*
 * near.h - the nearest of 256 centroids: what product quantization spends its
 * time on, learning and coding.
 *
 * centroids[length][256], number j of centroid k standing at [j][k]. Distances
 * are sums of squares in the order of j, in floats, multiply then add; of equal
 * ones the first counts. So every table gives the same answers.
 */
#ifndef W2B_QUANT_NEAR_H
#define W2B_QUANT_NEAR_H

#include <stdint.h>

#include "word2bits/w2b.h"

#define W2B_NEAR_CENTROIDS 256

typedef struct w2b_near {
    w2b_isa isa;
    int (*floats)(const float *centroids, const float *x, uint32_t length);
    int (*numbers)(const int8_t *centroids, const float *x, uint32_t length);
} w2b_near;

/* The table of `isa`, W2B_ISA_AUTO for the best, W2B_ISA_AVX512 for the best below
 * it; NULL if the CPU or the build lacks it. */
const w2b_near *w2b_near_for(w2b_isa isa);

extern const w2b_near *const w2b_near_scalar_table;
extern const w2b_near *const w2b_near_avx2_table;

#endif
