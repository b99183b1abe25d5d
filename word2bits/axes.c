/*
 * axes.c - trained vectors turned to their principal axes.
 *
 * Vectors that learn with few bits in the loop are best when they are long, and
 * then have more numbers than they have to say something: most of what tells
 * them apart lies along a part of the principal axes. So they are centred and
 * turned to those axes, of which the first are kept (Raunak et al. 2019 do so
 * with finished embeddings), and more bits are spent on each. The wide axes, that
 * stand for frequency and topic more than for meaning, are drawn in: each number
 * is divided by the square root of the square root of its standard deviation,
 * which lies between leaving them as they are and making all of them equal
 * (Caron 2001 has the power as a parameter; tests/quality has the figures).
 * Then a random rotation spreads the axes evenly over the numbers, since all of
 * them get the same bits.
 *
 * What is turned is u and a quarter of v, each brought to length 1: in their plain
 * sum a word's frequency decides how much of v there is, since the two grow
 * differently with it.
 *
 * Covariance and mean are those of 25 rows a number, up to 20,000, at equal distances and
 * of length 1.
 * Lengths are kept: a turned vector is multiplied by that of u + v.
 */
#include "word2bits/axes.h"

#include <math.h>
#include <string.h>

#include "quant/dense.h"
#include "quant/linalg.h"
#include "quant/turn.h"

#define SAMPLE 25 /* rows a number */
#define LEAST_SAMPLE 4096
#define MOST_SAMPLE 20000
#define STRETCH 256 /* rows at a time: second cache */

/* Axes narrower than this share of the widest, in variance, are not widened
 * further than one of that share: there is nothing but noise. */
#define NARROWEST 0x1p-20

typedef struct job {
    const w2b_trainer *t;
    size_t dim, rows;
    int threads;
    const w2b_dense *dense;
    double *square, *mean, *values, *work;
    float *stretch;
} job;

#define SHARE_OF_V 0.25f

/* Four sums side by side: one would wait for each addition. */
static double length_of(const float *x, size_t n)
{
    double square[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t k = 0; k < 4; k++)
            square[k] += (double)x[i + k] * x[i + k];
    for (; i < n; i++)
        square[0] += (double)x[i] * x[i];
    return sqrt(square[0] + square[1] + (square[2] + square[3]));
}

/* What brings something of this length to another; 1 if it has none. */
static float factor_for(double length, double wanted)
{
    return length > 0 ? (float)(wanted / length) : 1;
}

/* The direction of a row in x[dim], of length 1 or 0; v[dim] is scratch. */
static void direction(const w2b_trainer *t, uint64_t row, float *x, float *v)
{
    const uint32_t dim = t->latents.dim;
    w2b_latents_fetch(&t->latents, 0, row, 0, dim, x);
    w2b_latents_fetch(&t->latents, 1, row, 0, dim, v);
    const float by_u = factor_for(length_of(x, dim), 1);
    const float by_v = factor_for(length_of(v, dim), SHARE_OF_V);
    for (uint32_t i = 0; i < dim; i++)
        x[i] = x[i] * by_u + v[i] * by_v;
    const float by = factor_for(length_of(x, dim), 1);
    for (uint32_t i = 0; i < dim; i++)
        x[i] *= by;
}

static void fetch_stretch(job *j, size_t first, size_t n)
{
    const uint64_t words = j->t->latents.words;
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (size_t r = 0; r < n; r++) {
        float *x = j->stretch + 2 * r * j->dim;
        direction(j->t, (first + r) * words / j->rows, x, x + j->dim);
    }
}

/* Each sum is one thread's, over rows in their order. */
static void add_stretch(job *j, size_t n)
{
    const size_t dim = j->dim;
    const w2b_dense *dense = j->dense;
#pragma omp parallel for num_threads(j->threads) schedule(dynamic, 8)
    for (size_t i = 0; i < dim; i++) {
        for (size_t r = 0; r < n; r++)
            j->mean[i] += j->stretch[2 * r * dim + i];
        dense->add_products(j->square + i * dim, i, dim, j->stretch, 2 * dim, n, NULL);
    }
}

static void find_covariance(job *j)
{
    const size_t dim = j->dim;
    for (size_t first = 0; first < j->rows; first += STRETCH) {
        const size_t n = j->rows - first < STRETCH ? j->rows - first : STRETCH;
        fetch_stretch(j, first, n);
        add_stretch(j, n);
    }
    for (size_t i = 0; i < dim; i++)
        j->mean[i] /= (double)j->rows;
    for (size_t i = 0; i < dim; i++)
        for (size_t k = i; k < dim; k++) {
            double *at = j->square + i * dim + k;
            *at = *at / (double)j->rows - j->mean[i] * j->mean[k];
        }
    w2b_mirror_upper(j->square, dim);
}

/* What the numbers along an axis are multiplied by. */
static double draw_in(double variance, double largest)
{
    const double least = largest * NARROWEST;
    const double v = variance > least ? variance : least;
    return v > 0 ? 1 / sqrt(sqrt(sqrt(v))) : 1;
}

/* A column of the turn: what number i of a trained vector adds to the others. */
static void fill_column(const job *j, w2b_axes *axes, size_t i, float *column)
{
    float *row = axes->turn + i * axes->to;
    for (size_t a = 0; a < axes->to; a++)
        column[a] = (float)(j->square[a * j->dim + i] * draw_in(j->values[a], j->values[0]));
    if (j->t->options.bits <= 8)
        w2b_turn(j->t->options.seed, axes->to, column, row);
    else
        memcpy(row, column, axes->to * sizeof *row);
}

static int find(job *j, w2b_axes *axes)
{
    float *column = w2b_alloc(axes->to, sizeof *column);
    axes->mean = w2b_alloc(axes->from, sizeof *axes->mean);
    axes->turn = w2b_alloc((size_t)axes->from * axes->to, sizeof *axes->turn);
    const int failed = !column || !axes->mean || !axes->turn;
    if (!failed) {
        find_covariance(j);
        /* rows that do not converge are orthonormal enough to go on with */
        (void)w2b_eigen(j->square, j->dim, j->values, j->work);
        for (size_t i = 0; i < axes->from; i++) {
            axes->mean[i] = (float)j->mean[i];
            fill_column(j, axes, i, column);
        }
        /* a unit vector less a mean of such ones is no longer than 2 */
        axes->widest = (float)(2 * draw_in(0, j->values[0]));
    }
    w2b_free(column);
    return failed ? -1 : 0;
}

static size_t rows_for(size_t dim, size_t words)
{
    const size_t wanted = dim * SAMPLE > LEAST_SAMPLE ? dim * SAMPLE : LEAST_SAMPLE;
    const size_t most = words < MOST_SAMPLE ? words : MOST_SAMPLE;
    return wanted < most ? wanted : most;
}

int w2b_axes_find(const w2b_trainer *t, w2b_axes *axes)
{
    const size_t dim = t->latents.dim, words = t->latents.words;
    *axes = (w2b_axes){.from = (uint32_t)dim, .to = t->options.dim, .dense = w2b_dense_best()};
    job j = {.t = t, .dim = dim, .rows = rows_for(dim, words), .dense = axes->dense,
             .threads = (int)w2b_trainer_wanted(&t->options)};
    j.square = w2b_alloc_zero(dim * dim, sizeof *j.square);
    j.mean = w2b_alloc_zero(dim, sizeof *j.mean);
    j.values = w2b_alloc(dim, sizeof *j.values);
    j.work = w2b_alloc(dim, sizeof *j.work);
    j.stretch = w2b_alloc(2 * STRETCH * dim, sizeof *j.stretch);
    const int failed = !j.square || !j.mean || !j.values || !j.work || !j.stretch ||
                       find(&j, axes);
    w2b_free(j.square);
    w2b_free(j.mean);
    w2b_free(j.values);
    w2b_free(j.work);
    w2b_free(j.stretch);
    return failed ? -1 : 0;
}

void w2b_axes_free(w2b_axes *axes)
{
    w2b_free(axes->mean);
    w2b_free(axes->turn);
    *axes = (w2b_axes){0};
}

void w2b_axes_turn(const w2b_axes *axes, const w2b_trainer *t, uint64_t row, size_t n,
                   float *work, float *y)
{
    const size_t from = axes->from, to = axes->to;
    float *const x = work, *const v = work + n * from;
    float lengths[W2B_AXES_ROWS];
    for (size_t r = 0; r < n; r++) {
        w2b_trainer_vector(t, row + r, 0, axes->from, x + r * from);
        lengths[r] = (float)length_of(x + r * from, from);
        direction(t, row + r, x + r * from, v);
        for (size_t i = 0; i < from; i++)
            x[r * from + i] -= axes->mean[i];
    }
    axes->dense->multiply(x, from, n, from, axes->turn, to, y);
    for (size_t r = 0; r < n; r++)
        for (size_t k = 0; k < to; k++)
            y[r * to + k] *= lengths[r];
}

uint64_t w2b_axes_bytes(uint32_t from, uint32_t to)
{
    return (uint64_t)from * from * sizeof(double) +
           ((uint64_t)from * to + (uint64_t)2 * STRETCH * from) * sizeof(float);
}
