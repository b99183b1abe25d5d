/*
 * stats.h - correlations.
 *
 * Plain double arithmetic in the order of the data: the same digits on every
 * machine. A correlation that is not defined (fewer than two values, or no
 * variation in one of the two) is NaN.
 */
#ifndef W2B_EVAL_STATS_H
#define W2B_EVAL_STATS_H

#include "io/base.h"

/* Pearson's coefficient of x[n] and y[n]. */
double w2b_stats_pearson(const double *x, const double *y, size_t n);

/* Spearman's: Pearson's of the ranks. 0, or -1 if memory is short. */
int w2b_stats_spearman(const double *x, const double *y, size_t n, double *rho);

/* Ranks from 1; equal values share the mean of their ranks. 0, or -1 if
 * memory is short. The values are not NaN. */
int w2b_stats_ranks(const double *x, size_t n, double *ranks);

#endif
