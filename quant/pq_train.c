/*
 * pq_train.c - centroids of product quantization: k-means (Lloyd 1982) in each
 * part, from random rows.
 *
 * Parts are independent, and each is the work of one thread, which adds its
 * rows in their order: the number of threads shows nowhere.
 */
#include <math.h> /* sqrt and fabs alone: exact by IEEE 754 */
#include <string.h>

#include "quant/num.h"
#include "quant/pq.h"
#include "quant/scalar.h"

size_t w2b_pq_normalize(const w2b_code *code, const w2b_lesson *lesson, float *rows)
{
    size_t n = 0;
    for (size_t row = 0; row < lesson->n; row++) {
        const float *x = lesson->rows + row * code->dim;
        const w2b_moments m = w2b_moments_of(x, code->dim);
        const double inverse = 1.0 / sqrt(m.squares / code->dim);
        if (!(m.squares > 0) || !(inverse > 0 && inverse < 1e300))
            continue;
        for (uint32_t i = 0; i < code->dim; i++)
            rows[n * code->dim + i] = (float)(x[i] * inverse);
        n++;
    }
    return n;
}

/* The centroids of one part on their way. */
typedef struct cluster {
    const float *rows; /* at the first number of the part, dim apart */
    size_t n;
    uint32_t dim, length;
    const w2b_near *near;
    float *centroids; /* [length][256] */
    double sums[W2B_PQ_PART_MOST][W2B_PQ_CENTROIDS];
    uint32_t members[W2B_PQ_CENTROIDS];
} cluster;

/* Distinct rows, unless there are too few of them: one from each of 256
 * stretches. */
static void start(cluster *c, uint64_t seed, size_t part)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, seed, UINT64_C(1) << 32 | part);
    for (int k = 0; k < W2B_PQ_CENTROIDS; k++) {
        const size_t begin = c->n * (size_t)k / W2B_PQ_CENTROIDS;
        const size_t end = c->n * ((size_t)k + 1) / W2B_PQ_CENTROIDS;
        const uint32_t some = w2b_rng_below(&rng, end > begin ? (uint32_t)(end - begin) : 1);
        const float *row = c->rows + (begin + some) * c->dim;
        for (uint32_t j = 0; j < c->length; j++)
            c->centroids[j * W2B_PQ_CENTROIDS + (size_t)k] = row[j];
    }
}

/* A centroid without rows moves next to the one that has most, a little to one
 * side, and takes half of its rows for the next time. */
static void revive(cluster *c, int k)
{
    int most = 0;
    for (int other = 1; other < W2B_PQ_CENTROIDS; other++)
        if (c->members[other] > c->members[most])
            most = other;
    for (uint32_t j = 0; j < c->length; j++) {
        const float x = c->centroids[j * W2B_PQ_CENTROIDS + (size_t)most];
        c->centroids[j * W2B_PQ_CENTROIDS + (size_t)k] = x + 0.001f;
        c->centroids[j * W2B_PQ_CENTROIDS + (size_t)most] = x - 0.001f;
    }
    c->members[most] /= 2;
    c->members[k] = c->members[most];
}

static void move(cluster *c)
{
    memset(c->sums, 0, sizeof c->sums);
    memset(c->members, 0, sizeof c->members);
    for (size_t row = 0; row < c->n; row++) {
        const float *x = c->rows + row * c->dim;
        const int k = c->near->floats(c->centroids, x, c->length);
        for (uint32_t j = 0; j < c->length; j++)
            c->sums[j][k] += x[j];
        c->members[k]++;
    }
    for (int k = 0; k < W2B_PQ_CENTROIDS; k++)
        for (uint32_t j = 0; j < c->length && c->members[k] > 0; j++)
            c->centroids[j * W2B_PQ_CENTROIDS + (size_t)k] =
                (float)(c->sums[j][k] / c->members[k]);
    for (int k = 0; k < W2B_PQ_CENTROIDS; k++)
        if (c->members[k] == 0)
            revive(c, k);
}

void w2b_pq_cluster(const w2b_code *code, const w2b_lesson *lesson, const float *rows, size_t n,
                    int rounds, int from_there, float *centroids)
{
    if (n == 0) {
        memset(centroids, 0, (size_t)code->dim * W2B_PQ_CENTROIDS * sizeof *centroids);
        return;
    }
#pragma omp parallel for num_threads(lesson->threads) schedule(dynamic)
    for (size_t part = 0; part < code->stride; part++) {
        const uint32_t begin = w2b_pq_begin(code, part);
        cluster c = {
            .rows = rows + begin,
            .n = n,
            .dim = code->dim,
            .near = w2b_near_for(W2B_ISA_AUTO),
            .length = w2b_pq_begin(code, part + 1) - begin,
            .centroids = centroids + (size_t)begin * W2B_PQ_CENTROIDS,
        };
        if (!from_there)
            start(&c, lesson->seed, part);
        for (int round = 0; round < rounds; round++)
            move(&c);
    }
}

void w2b_pq_round(const w2b_code *code, const float *centroids, uint8_t *book)
{
    const size_t count = (size_t)code->dim * W2B_PQ_CENTROIDS;
    float largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fabsf(centroids[i]) > largest ? fabsf(centroids[i]) : largest;
    const float step = largest > 0 ? largest / 127 : 1;
    memcpy(book, &step, sizeof step);
    for (size_t i = 0; i < count; i++) {
        const float x = centroids[i] / step;
        const int near = (int)(x < 0 ? x - 0.5f : x + 0.5f);
        book[sizeof step + i] = (uint8_t)(int8_t)(near > 127 ? 127 : near < -127 ? -127 : near);
    }
}
