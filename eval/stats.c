/*
 * stats.c - correlations. See stats.h.
 */
#include "eval/stats.h"

#include <math.h>
#include <stdlib.h>

static int is_constant(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (x[i] < x[0] || x[i] > x[0]) {
            return 0;
        }
    }
    return 1;
}

double w2b_stats_pearson(const double *x, const double *y, size_t n)
{
    /* Asked of the values: their mean may be a digit off, and differ. */
    if (is_constant(x, n) || is_constant(y, n)) {
        return NAN;
    }
    double mean_x = 0, mean_y = 0;
    for (size_t i = 0; i < n; i++) {
        mean_x += x[i];
        mean_y += y[i];
    }
    mean_x /= (double)n;
    mean_y /= (double)n;
    /* Around the means: the one-pass formula loses all digits where the
     * values are large and close together. */
    double xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        const double dx = x[i] - mean_x, dy = y[i] - mean_y;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    const double r = xy / (sqrt(xx) * sqrt(yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

typedef struct ranked {
    double value;
    size_t index;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *const x = a, *const y = b;
    return (x->value > y->value) - (x->value < y->value);
}

int w2b_stats_ranks(const double *x, size_t n, double *ranks)
{
    ranked *const sorted = w2b_alloc(n, sizeof *sorted);
    if (sorted == NULL) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        sorted[i] = (ranked){x[i], i};
    }
    qsort(sorted, n, sizeof *sorted, compare_ranked);
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && !(sorted[end].value > sorted[i].value)) {
            end++;
        }
        /* Ranks i + 1 to end. */
        const double rank = ((double)i + 1 + (double)end) / 2;
        for (; i < end; i++) {
            ranks[sorted[i].index] = rank;
        }
    }
    w2b_free(sorted);
    return 0;
}

int w2b_stats_spearman(const double *x, const double *y, size_t n, double *rho)
{
    double *const a = w2b_alloc(n, sizeof *a);
    double *const b = w2b_alloc(n, sizeof *b);
    int result = -1;
    if (a != NULL && b != NULL && w2b_stats_ranks(x, n, a) == 0 && w2b_stats_ranks(y, n, b) == 0) {
        *rho = w2b_stats_pearson(a, b, n);
        result = 0;
    }
    w2b_free(a);
    w2b_free(b);
    return result;
}
