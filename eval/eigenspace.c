/*
 * eigenspace.c - how much of the column space of one set of vectors is in that
 * of another.
 *
 * With G = X'X, H = Y'Y and C = X'Y the bases need never be formed: where
 * G = A L A' and H = B M B', the products of U = X A L^(-1/2) and
 * V = Y B M^(-1/2) are L^(-1/2) A' C B M^(-1/2). Directions of which rounding
 * leaves nothing, below RANK_LEAST of the first, do not belong to the space.
 */
#include <math.h>
#include <string.h>

#include "eval/pairs.h"
#include "quant/linalg.h"

#define STRETCH 128 /* rows at a time: second cache */
#define RANK_LEAST 1e-12

typedef struct spaces {
    const w2b_pairs *pairs;
    size_t rows; /* that are looked at */
    size_t dims[2];
    double *stretch[2]; /* [STRETCH][dim] */
    double *squares[2]; /* [dim][dim] */
    double *cross;      /* [dims[0]][dims[1]] */
    double *values[2];  /* [dim] */
    double *turned;     /* [dims[0]][dims[1]] */
    double *work;       /* [the larger dim] */
    float *row;         /* the same */
} spaces;

static w2b_err make_room(spaces *s, w2b_diag *diag)
{
    const size_t a = s->dims[0], b = s->dims[1], most = a > b ? a : b;
    int bad = 0;
    for (int i = 0; i < 2; i++) {
        s->stretch[i] = w2b_alloc(STRETCH, s->dims[i] * sizeof(double));
        s->squares[i] = w2b_alloc_zero(s->dims[i], s->dims[i] * sizeof(double));
        s->values[i] = w2b_alloc(s->dims[i], sizeof(double));
        bad |= s->stretch[i] == NULL || s->squares[i] == NULL || s->values[i] == NULL;
    }
    s->cross = w2b_alloc_zero(a, b * sizeof(double));
    s->turned = w2b_alloc_zero(a, b * sizeof(double));
    s->work = w2b_alloc(most, sizeof(double));
    s->row = w2b_alloc(most, sizeof(float));
    bad |= s->cross == NULL || s->turned == NULL || s->work == NULL || s->row == NULL;
    return bad ? w2b_fail_memory(diag, 4 * most * most * sizeof(double), "eigenspaces") : W2B_OK;
}

static void release(spaces *s)
{
    for (int i = 0; i < 2; i++) {
        w2b_free(s->stretch[i]);
        w2b_free(s->squares[i]);
        w2b_free(s->values[i]);
    }
    w2b_free(s->cross);
    w2b_free(s->turned);
    w2b_free(s->work);
    w2b_free(s->row);
}

static w2b_err fill(spaces *s, size_t begin, size_t n, w2b_diag *diag)
{
    for (size_t i = 0; i < n; i++) {
        const w2b_pair *const pair = &s->pairs->pairs[(begin + i) * s->pairs->n / s->rows];
        for (int side = 0; side < 2; side++) {
            const w2b_err err =
                w2b_model_vector(side == 0 ? s->pairs->first : s->pairs->second,
                                 side == 0 ? pair->first : pair->second, s->row, diag);
            if (err != W2B_OK) {
                return err;
            }
            double *const to = s->stretch[side] + i * s->dims[side];
            for (size_t k = 0; k < s->dims[side]; k++) {
                to[k] = s->row[k];
            }
        }
    }
    return W2B_OK;
}

/* sums[i] += sum over n rows of x[row][i] * y[row]: each row of sums is one
 * thread's, in the order of the rows. */
static void add_products(const spaces *s, int x, int y, size_t n, double *sums)
{
    const size_t a = s->dims[x], b = s->dims[y];
#pragma omp parallel for num_threads((int)s->pairs->threads) schedule(static)
    for (size_t i = 0; i < a; i++) {
        double *const to = sums + i * b;
        for (size_t r = 0; r < n; r++) {
            const double factor = s->stretch[x][r * a + i];
            const double *const from = s->stretch[y] + r * b;
            for (size_t k = 0; k < b; k++) {
                to[k] += factor * from[k];
            }
        }
    }
}

/* Eigenvectors over the roots of their values, as rows; returns the rank. */
static w2b_err whiten(spaces *s, int side, size_t *rank, w2b_diag *diag)
{
    const size_t dim = s->dims[side];
    double *const vectors = s->squares[side], *const values = s->values[side];
    *rank = 0;
    if (w2b_eigen(vectors, dim, values, s->work) != 0) {
        return w2b_fail(diag, W2B_ERR_DATA, "the eigenvalues of the vectors do not converge");
    }
    while (*rank < dim && values[*rank] > values[0] * RANK_LEAST) {
        const double factor = 1 / sqrt(values[*rank]);
        for (size_t k = 0; k < dim; k++) {
            vectors[*rank * dim + k] *= factor;
        }
        ++*rank;
    }
    return W2B_OK;
}

/* The sum of squares of A C B', A and B having so many rows. */
static double square_between(spaces *s, size_t rank_a, size_t rank_b)
{
    const size_t a = s->dims[0], b = s->dims[1];
    double square = 0;
    for (size_t i = 0; i < rank_a; i++) {
        double *const row = s->turned + i * b;
        for (size_t k = 0; k < a; k++) {
            const double factor = s->squares[0][i * a + k];
            for (size_t j = 0; j < b; j++) {
                row[j] += factor * s->cross[k * b + j];
            }
        }
        for (size_t j = 0; j < rank_b; j++) {
            double dot = 0;
            for (size_t k = 0; k < b; k++) {
                dot += row[k] * s->squares[1][j * b + k];
            }
            square += dot * dot;
        }
    }
    return square;
}

w2b_err w2b_pairs_eigenspace(const w2b_pairs *pairs, size_t most, double *overlap,
                             w2b_diag *diag)
{
    spaces s = {.pairs = pairs, .rows = pairs->n < most ? pairs->n : most};
    size_t ranks[2] = {0, 0};
    s.dims[0] = w2b_model_code(pairs->first)->dim;
    s.dims[1] = w2b_model_code(pairs->second)->dim;
    w2b_err err = make_room(&s, diag);
    for (size_t at = 0; at < s.rows && err == W2B_OK; at += STRETCH) {
        const size_t n = s.rows - at < STRETCH ? s.rows - at : STRETCH;
        err = fill(&s, at, n, diag);
        if (err == W2B_OK) {
            add_products(&s, 0, 0, n, s.squares[0]);
            add_products(&s, 1, 1, n, s.squares[1]);
            add_products(&s, 0, 1, n, s.cross);
        }
    }
    for (int side = 0; side < 2 && err == W2B_OK; side++) {
        err = whiten(&s, side, &ranks[side], diag);
    }
    if (err == W2B_OK) {
        const size_t larger = ranks[0] > ranks[1] ? ranks[0] : ranks[1];
        const double square = square_between(&s, ranks[0], ranks[1]);
        *overlap = ranks[0] > 0 && ranks[1] > 0 ? square / (double)larger : NAN;
    }
    release(&s);
    return err;
}
