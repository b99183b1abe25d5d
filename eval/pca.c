/*
 * pca.c - principal components by orthogonal iteration. See pca.h.
 *
 * The covariance matrix is never formed: at 416 numbers a row it would cost
 * more than all the steps. Two vectors more than are asked for go along, since
 * the error then falls with the ratio of the fifth eigenvalue to the second
 * rather than of the third (Golub and Van Loan, section 8.2).
 */
#include "eval/pca.h"

#include <math.h>
#include <string.h>

#include "quant/num.h"

#define VECTORS 4
#define STEPS 60
#define STRIP 64   /* columns that a thread sums at a time */

/* A step that turns no vector further than this (1 - cosine) is the last. */
#define STILL 1e-12

typedef struct pca {
    float *rows;               /* [n][dim] */
    size_t n, dim;
    int threads;
    double (*vectors)[VECTORS]; /* [dim] */
    double (*next)[VECTORS];    /* [dim] */
    double (*scores)[VECTORS];  /* [n] */
} pca;

static void rows_centre(pca *p)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (size_t c = 0; c < p->dim; c++) {
        double sum = 0;
        for (size_t i = 0; i < p->n; i++) {
            sum += p->rows[i * p->dim + c];
        }
        const double mean = sum / (double)p->n;
        for (size_t i = 0; i < p->n; i++) {
            p->rows[i * p->dim + c] = (float)(p->rows[i * p->dim + c] - mean);
        }
    }
}

static void rows_project(pca *p)
{
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (size_t i = 0; i < p->n; i++) {
        double sum[VECTORS] = {0};
        for (size_t c = 0; c < p->dim; c++) {
            const double x = p->rows[i * p->dim + c];
            for (int v = 0; v < VECTORS; v++) {
                sum[v] += x * p->vectors[c][v];
            }
        }
        memcpy(p->scores[i], sum, sizeof sum);
    }
}

/* next = rows' scores: each column is summed by one thread, in the order of
 * the rows. */
static void rows_gather(pca *p)
{
    const size_t strips = (p->dim + STRIP - 1) / STRIP;
#pragma omp parallel for num_threads(p->threads) schedule(static)
    for (size_t s = 0; s < strips; s++) {
        const size_t low = s * STRIP, high = low + STRIP < p->dim ? low + STRIP : p->dim;
        memset(p->next[low], 0, (high - low) * sizeof *p->next);
        for (size_t i = 0; i < p->n; i++) {
            for (size_t c = low; c < high; c++) {
                const double x = p->rows[i * p->dim + c];
                for (int v = 0; v < VECTORS; v++) {
                    p->next[c][v] += x * p->scores[i][v];
                }
            }
        }
    }
}

static double column_dot(const double (*a)[VECTORS], int i, const double (*b)[VECTORS], int j,
                         size_t dim)
{
    double sum = 0;
    for (size_t c = 0; c < dim; c++) {
        sum += a[c][i] * b[c][j];
    }
    return sum;
}

/* Gram-Schmidt, twice for the sake of nearly parallel vectors. What is left of
 * a vector that depends on the others is noise, and becomes zero. */
static void orthonormalise(double (*a)[VECTORS], size_t dim)
{
    for (int v = 0; v < VECTORS; v++) {
        const double before = column_dot(a, v, a, v, dim);
        for (int turn = 0; turn < 2; turn++) {
            for (int u = 0; u < v; u++) {
                const double dot = column_dot(a, u, a, v, dim);
                for (size_t c = 0; c < dim; c++) {
                    a[c][v] -= dot * a[c][u];
                }
            }
        }
        const double square = column_dot(a, v, a, v, dim);
        const double factor = square > 1e-20 * before && square > 0 ? 1 / sqrt(square) : 0;
        for (size_t c = 0; c < dim; c++) {
            a[c][v] *= factor;
        }
    }
}

static void iterate(pca *p, uint64_t seed)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, seed, 0);
    for (size_t c = 0; c < p->dim; c++) {
        for (int v = 0; v < VECTORS; v++) {
            p->vectors[c][v] = w2b_rng_unit(&rng) - 0.5;
        }
    }
    orthonormalise(p->vectors, p->dim);
    int still = 0;
    for (int step = 0; step < STEPS && !still; step++) {
        rows_project(p);
        rows_gather(p);
        orthonormalise(p->next, p->dim);
        still = 1;
        for (int v = 0; v < 2; v++) {
            still &= column_dot(p->vectors, v, p->next, v, p->dim) > 1 - STILL;
        }
        double (*const spare)[VECTORS] = p->vectors;
        p->vectors = p->next;
        p->next = spare;
    }
    rows_project(p);
}

w2b_err w2b_pca(float *rows, size_t n, size_t dim, uint64_t seed, uint32_t threads,
                double (*xy)[2], w2b_diag *diag)
{
    pca p = {.rows = rows, .n = n, .dim = dim, .threads = (int)threads};
    p.vectors = w2b_alloc(dim, sizeof *p.vectors);
    p.next = w2b_alloc(dim, sizeof *p.next);
    p.scores = w2b_alloc(n, sizeof *p.scores);
    w2b_err err = W2B_OK;
    if (p.vectors == NULL || p.next == NULL || p.scores == NULL) {
        err = w2b_fail_memory(diag, n * sizeof *p.scores, "principal components");
    } else if (n > 0) {
        rows_centre(&p);
        iterate(&p, seed);
        for (size_t i = 0; i < n; i++) {
            xy[i][0] = p.scores[i][0];
            xy[i][1] = p.scores[i][1];
        }
    }
    w2b_free(p.vectors);
    w2b_free(p.next);
    w2b_free(p.scores);
    return err;
}
