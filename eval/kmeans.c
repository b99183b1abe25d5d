/*
 * kmeans.c - k-means. See kmeans.h.
 *
 * Cost: n * k * dim multiplications a round, some tens of rounds a restart.
 * Restarts run side by side, each in its own order of sums.
 */
#include "eval/kmeans.h"

#include <math.h>
#include <string.h>

#include "quant/num.h"

#define ROUNDS_MAX 100
#define LANES 8  /* sums of a distance, so that it need not wait for additions */

typedef struct run {
    const float *rows;
    size_t n, dim;
    uint32_t k;
    double *means;     /* [k][dim] */
    double *nearest;   /* [n] squared distance to the nearest mean */
    uint32_t *labels;  /* [n] */
    uint32_t *sizes;   /* [k] */
} run;

static double distance(const float *row, const double *mean, size_t dim)
{
    double lanes[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= dim; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            const double d = (double)row[i + j] - mean[i + j];
            lanes[j] += d * d;
        }
    }
    for (; i < dim; i++) {
        const double d = (double)row[i] - mean[i];
        sum += d * d;
    }
    for (size_t j = 0; j < LANES; j++) {
        sum += lanes[j];
    }
    return sum;
}

static void mean_set(run *r, uint32_t k, size_t row)
{
    for (size_t j = 0; j < r->dim; j++) {
        r->means[k * r->dim + j] = (double)r->rows[row * r->dim + j];
    }
}

/* Draws the first means: each row as likely as its squared distance to the
 * nearest one so far. */
static void choose_means(run *r, w2b_rng *rng)
{
    mean_set(r, 0, w2b_rng_below(rng, (uint32_t)r->n));
    for (size_t i = 0; i < r->n; i++) {
        r->nearest[i] = INFINITY;
    }
    for (uint32_t k = 1; k < r->k; k++) {
        double total = 0;
        for (size_t i = 0; i < r->n; i++) {
            const double d =
                distance(r->rows + i * r->dim, r->means + (size_t)(k - 1) * r->dim, r->dim);
            r->nearest[i] = d < r->nearest[i] ? d : r->nearest[i];
            total += r->nearest[i];
        }
        double left = w2b_rng_unit(rng) * total;
        size_t chosen = 0;
        while (chosen + 1 < r->n && left >= r->nearest[chosen]) {
            left -= r->nearest[chosen++];
        }
        mean_set(r, k, chosen);
    }
}

/* Labels each row with its nearest mean, the first of several; returns whether
 * a label changed. */
static int assign(run *r)
{
    int changed = 0;
    for (size_t i = 0; i < r->n; i++) {
        uint32_t best = 0;
        r->nearest[i] = INFINITY;
        for (uint32_t k = 0; k < r->k; k++) {
            const double d =
                distance(r->rows + i * r->dim, r->means + (size_t)k * r->dim, r->dim);
            if (d < r->nearest[i]) {
                r->nearest[i] = d;
                best = k;
            }
        }
        changed |= r->labels[i] != best;
        r->labels[i] = best;
    }
    return changed;
}

static void update_means(run *r)
{
    memset(r->means, 0, r->k * r->dim * sizeof *r->means);
    memset(r->sizes, 0, r->k * sizeof *r->sizes);
    for (size_t i = 0; i < r->n; i++) {
        double *const mean = r->means + r->labels[i] * r->dim;
        r->sizes[r->labels[i]]++;
        for (size_t j = 0; j < r->dim; j++) {
            mean[j] += (double)r->rows[i * r->dim + j];
        }
    }
    for (uint32_t k = 0; k < r->k; k++) {
        for (size_t j = 0; j < r->dim && r->sizes[k] > 0; j++) {
            r->means[k * r->dim + j] /= r->sizes[k];
        }
        if (r->sizes[k] == 0) {
            /* Nothing is left of it: it begins again at the row that is
             * farthest from its own mean. */
            size_t far = 0;
            for (size_t i = 1; i < r->n; i++) {
                far = r->nearest[i] > r->nearest[far] ? i : far;
            }
            mean_set(r, k, far);
            r->nearest[far] = 0;
        }
    }
}

/* The sum of squared distances of one restart. */
static double restart(run *r, uint64_t seed, uint32_t number)
{
    w2b_rng rng;
    double sum = 0;
    w2b_rng_seed(&rng, seed, number);
    choose_means(r, &rng);
    memset(r->labels, 0xff, r->n * sizeof *r->labels);
    for (int round = 0; round < ROUNDS_MAX && assign(r); round++) {
        update_means(r);
    }
    for (size_t i = 0; i < r->n; i++) {
        sum += r->nearest[i];
    }
    return sum;
}

static int run_make(run *r, const float *rows, size_t n, size_t dim, uint32_t k)
{
    size_t room;
    *r = (run){.rows = rows, .n = n, .dim = dim, .k = k};
    if (w2b_mul(k, dim, &room) != 0) {
        return -1;
    }
    r->means = w2b_alloc(room, sizeof *r->means);
    r->nearest = w2b_alloc(n, sizeof *r->nearest);
    r->labels = w2b_alloc(n, sizeof *r->labels);
    r->sizes = w2b_alloc(k, sizeof *r->sizes);
    return r->means != NULL && r->nearest != NULL && r->labels != NULL && r->sizes != NULL ? 0
                                                                                           : -1;
}

static void run_free(run *r)
{
    w2b_free(r->means);
    w2b_free(r->nearest);
    w2b_free(r->labels);
    w2b_free(r->sizes);
}

int w2b_kmeans_run(const w2b_kmeans *job, const float *rows, size_t n, size_t dim,
                   uint32_t *labels)
{
    double best = INFINITY;
    uint32_t best_number = UINT32_MAX;
    int failed = 0;
    const int threads =
        (int)(job->threads < job->restarts ? job->threads : job->restarts);
    (void)threads; /* without OpenMP */
#pragma omp parallel num_threads(threads)
    {
        run r;
        const int made = run_make(&r, rows, n, dim, job->k) == 0;
#pragma omp for schedule(dynamic, 1)
        for (uint32_t i = 0; i < job->restarts; i++) {
            const double sum = made ? restart(&r, job->seed, i) : INFINITY;
#pragma omp critical(w2b_kmeans)
            {
                failed |= !made;
                if (sum < best || (!(sum > best) && i < best_number)) {
                    best = sum;
                    best_number = i;
                    if (made) {
                        memcpy(labels, r.labels, n * sizeof *labels);
                    }
                }
            }
        }
        run_free(&r);
    }
    return failed ? -1 : 0;
}
