/*
 * bootstrap.h - intervals of any statistic by drawing the data again (Efron
 * 1979), with percentiles as ends.
 *
 * The data are units in strata. A resample draws from each stratum as many
 * units as it has, with replacement; the statistic sees how often each was
 * drawn. Resample r takes its random numbers from stream r of the seed, so that
 * it is the same whatever else is done.
 */
#ifndef W2B_EVAL_BOOTSTRAP_H
#define W2B_EVAL_BOOTSTRAP_H

#include "io/base.h"

/* Computes values[n_values] from counts[units]; NaN for what has none. */
typedef void (*w2b_statistic_fn)(void *user, const uint32_t *counts, double *values);

typedef struct w2b_bootstrap {
    const uint32_t *starts;  /* [strata + 1] the units of each stratum */
    size_t strata;
    uint32_t resamples;      /* 0: all intervals are NaN */
    uint64_t seed;
    w2b_statistic_fn statistic;
    void *user;
    size_t n_values;
} w2b_bootstrap;

/* The central 95% of each value over the resamples where it has one, which
 * are to be half of them at least: else NaN. */
w2b_err w2b_bootstrap_run(const w2b_bootstrap *job, w2b_interval *intervals, w2b_diag *diag);

/* The quantile q of sorted[n], n > 0, straight between neighbours. */
double w2b_quantile(const double *sorted, size_t n, double q);

#endif
