/*
 * near_loops.h - the loops of near.h, for compilers to make vectors of: each file
 * that includes this is compiled for another instruction set. Whole arrays of
 * fixed length and no sum across them, so that nothing needs to be reordered.
 *
 * Cost: 256 * length subtractions, products and sums; then 256 comparisons, for
 * which vectors are written out, as compilers do not find them.
 */
#ifndef W2B_QUANT_NEAR_LOOPS_H
#define W2B_QUANT_NEAR_LOOPS_H

#include "quant/near.h"

#include <string.h>

/* Eight numbers; where registers are shorter, compilers take several. */
typedef float floats8 __attribute__((vector_size(32)));
typedef int32_t ints8 __attribute__((vector_size(32)));

/* Four at a time, whose comparisons need not wait for each other. */
#define CHAINS 4
#define LANES (8 * CHAINS)

/* The first of the least: lane by lane, then among the lanes. */
static int least_of(const float *miss)
{
    floats8 least[CHAINS];
    ints8 at[CHAINS], here[CHAINS];
    for (int c = 0; c < CHAINS; c++) {
        memcpy(&least[c], miss + 8 * c, sizeof least[c]);
        here[c] = (ints8){0, 1, 2, 3, 4, 5, 6, 7} + 8 * c;
        at[c] = here[c];
    }
    for (int k = LANES; k < W2B_NEAR_CENTROIDS; k += LANES) {
        for (int c = 0; c < CHAINS; c++) {
            floats8 next;
            memcpy(&next, miss + k + 8 * c, sizeof next);
            here[c] += LANES;
            const ints8 less = next < least[c];
            least[c] = (floats8)(((ints8)next & less) | ((ints8)least[c] & ~less));
            at[c] = (here[c] & less) | (at[c] & ~less);
        }
    }
    float low = least[0][0];
    int best = at[0][0];
    for (int lane = 1; lane < LANES; lane++) {
        const float other = least[lane / 8][lane % 8];
        const int place = at[lane / 8][lane % 8];
        if (other < low || (other == low && place < best)) {
            low = other;
            best = place;
        }
    }
    return best;
}

static int near_floats(const float *centroids, const float *x, uint32_t length)
{
    float miss[W2B_NEAR_CENTROIDS] = {0};
    for (uint32_t j = 0; j < length; j++, centroids += W2B_NEAR_CENTROIDS) {
        const float number = x[j];
        for (int k = 0; k < W2B_NEAR_CENTROIDS; k++) {
            const float d = number - centroids[k];
            miss[k] += d * d;
        }
    }
    return least_of(miss);
}

static int near_numbers(const int8_t *centroids, const float *x, uint32_t length)
{
    float miss[W2B_NEAR_CENTROIDS] = {0};
    for (uint32_t j = 0; j < length; j++, centroids += W2B_NEAR_CENTROIDS) {
        const float number = x[j];
        for (int k = 0; k < W2B_NEAR_CENTROIDS; k++) {
            const float d = number - (float)centroids[k];
            miss[k] += d * d;
        }
    }
    return least_of(miss);
}

#endif
