/*
 * bootstrap.c - drawing the data again. See bootstrap.h.
 */
#include "eval/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/num.h"

#define TAIL 0.025  /* outside the interval, on either side */

static void draw(const w2b_bootstrap *job, uint32_t resample, uint32_t *counts)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, job->seed, resample);
    memset(counts, 0, job->starts[job->strata] * sizeof *counts);
    for (size_t s = 0; s < job->strata; s++) {
        uint32_t *const of = counts + job->starts[s];
        const uint32_t n = job->starts[s + 1] - job->starts[s];
        for (uint32_t i = 0; i < n; i++) {
            of[w2b_rng_below(&rng, n)]++;
        }
    }
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double w2b_quantile(const double *sorted, size_t n, double q)
{
    const double at = q * (double)(n - 1);
    const size_t below = (size_t)at;
    return below + 1 < n
               ? sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below])
               : sorted[n - 1];
}

/* The interval of values[n], which are put in order. */
static w2b_interval interval_of(double *values, size_t n)
{
    size_t known = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(values[i])) {
            values[known++] = values[i];
        }
    }
    if (known == 0 || 2 * known < n) {
        return (w2b_interval){NAN, NAN};
    }
    qsort(values, known, sizeof *values, compare_doubles);
    return (w2b_interval){w2b_quantile(values, known, TAIL),
                          w2b_quantile(values, known, 1 - TAIL)};
}

w2b_err w2b_bootstrap_run(const w2b_bootstrap *job, w2b_interval *intervals, w2b_diag *diag)
{
    const size_t n = job->resamples;
    size_t room;
    uint32_t *counts = NULL;
    double *row = NULL, *columns = NULL;
    w2b_err err = W2B_OK;
    if (w2b_mul(n, job->n_values, &room) == 0) {
        columns = w2b_alloc(room, sizeof *columns); /* [n_values][n] */
        row = w2b_alloc(job->n_values, sizeof *row);
        counts = w2b_alloc(job->starts[job->strata], sizeof *counts);
    }
    if (columns == NULL || row == NULL || counts == NULL) {
        err = w2b_fail_memory(diag, (uint64_t)n * job->n_values * sizeof *columns, "resamples");
    } else {
        for (size_t r = 0; r < n; r++) {
            draw(job, (uint32_t)r, counts);
            job->statistic(job->user, counts, row);
            for (size_t v = 0; v < job->n_values; v++) {
                columns[v * n + r] = row[v];
            }
        }
        for (size_t v = 0; v < job->n_values; v++) {
            intervals[v] = interval_of(columns + v * n, n);
        }
    }
    w2b_free(counts);
    w2b_free(row);
    w2b_free(columns);
    return err;
}
