/*
 * sample.h - the score of a test set as a statistic of what its authors drew.
 *
 * A sample is the used items of a set, and the units that they stand on: an
 * item itself, or for a question its two pairs of words. Scores are computed
 * from the outcomes of items (w2b_eval_result) and from how often each unit
 * counts, an item counting as the product of its units.
 */
#ifndef W2B_EVAL_SAMPLE_H
#define W2B_EVAL_SAMPLE_H

#include "eval/bootstrap.h"
#include "eval/testset.h"

typedef struct w2b_sample {
    const w2b_testset *set;
    size_t n;
    uint32_t *items;      /* [n] of the set */
    uint32_t (*units)[2]; /* [n]; the second is UINT32_MAX if there is none */
    uint32_t *starts;     /* [strata + 1] */
    size_t strata;
    uint32_t *order;      /* [n] similarity: used items by the set's score */
} w2b_sample;

/* The items whose outcome is known to `first`, and to `second` if it is not
 * NULL. 0, or -1 if memory is short. Release with w2b_sample_free, whatever
 * this returns. */
int w2b_sample_make(w2b_sample *sample, const w2b_testset *set, const float *first,
                    const float *second);
void w2b_sample_free(w2b_sample *sample);

/* One model's outcomes on a sample, and room to count. */
typedef struct w2b_scorer {
    const w2b_sample *sample;
    const float *outcomes;
    uint32_t *order;      /* [n] similarity: used items by outcome */
    double *ranks[2];     /* [n] scratch, of the set's scores and outcomes */
    uint64_t *weights;    /* [n] scratch */
    uint64_t *used;       /* [sections] weight of the used items */
    uint64_t *correct;    /* [sections] of the right ones */
} w2b_scorer;

int w2b_scorer_make(w2b_scorer *scorer, const w2b_sample *sample, const float *outcomes);
void w2b_scorer_free(w2b_scorer *scorer);

/* The score if unit u counts counts[u] times (NULL: once each). NaN if there
 * is none. Of all kinds but similarity `used` and `correct` are left in the
 * scorer, by section. */
double w2b_scorer_score(w2b_scorer *scorer, const uint32_t *counts);

#endif
