/*
 * tsne.c - t-SNE over a graph of nearest neighbours. See tsne.h.
 *
 * Attraction along the edges of the graph, repulsion by a quadtree (van der
 * Maaten 2014). Start, schedule and rate are those that Kobak and Berens 2019
 * and Belkina et al. 2019 found to keep the large-scale shape: principal
 * components scaled down, a rate of n / 12, exaggeration 12 for the first
 * third. One iteration costs n * (6 * perplexity + 200) pairs of points.
 *
 * Each point's forces are summed by one thread in a fixed order; what concerns
 * all points is summed in the order of the points.
 */
#include "eval/tsne.h"

#include <math.h>
#include <string.h>

#include "eval/quadtree.h"
#include "quant/num.h"

#define EXAGGERATION 12.0
#define EXAGGERATED_STEPS 250
#define LEAST_RATE 200.0
#define START_SIZE 1e-4   /* standard deviation of the first coordinate */

/* ----- The graph ---------------------------------------------------------- */

typedef struct edge {
    uint32_t to;
    float weight;
} edge;

typedef struct graph {
    size_t n;
    size_t *starts;  /* [n + 1] */
    edge *edges;     /* of point i: starts[i] to starts[i] + degrees[i] */
    uint32_t *degrees;
} graph;

/* Weights of a point's neighbours: exp(-beta * squared distance) of sum 1,
 * beta such that their entropy is that of `perplexity` equal ones. */
static void weights_find(const float *cosines, size_t k, double perplexity, float *weights)
{
    const double target = w2b_log(perplexity);
    double low = 0, high = INFINITY, beta = 1;
    for (int step = 0; step < 64; step++) {
        /* Distances relative to the nearest one, which has weight 1 then. */
        double sum = 0, moment = 0;
        for (size_t j = 0; j < k; j++) {
            const double square = 2 * ((double)cosines[0] - (double)cosines[j]);
            const double weight = w2b_exp(-beta * square);
            weights[j] = (float)weight;
            sum += weight;
            moment += weight * square;
        }
        const double entropy = w2b_log(sum) + beta * moment / sum;
        for (size_t j = 0; j < k; j++) {
            weights[j] = (float)(weights[j] / sum);
        }
        const double off = entropy - target;
        if (off < 1e-5 && off > -1e-5) {
            break;
        }
        if (off > 0) {
            low = beta;
            beta = high < INFINITY ? (low + high) / 2 : 2 * beta;
        } else {
            high = beta;
            beta = (low + high) / 2;
        }
    }
}

/* Edges in the order of their ends; those with the same one become one. */
static uint32_t edges_merge(edge *edges, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const edge moved = edges[i];
        size_t j = i;
        for (; j > 0 && edges[j - 1].to > moved.to; j--) {
            edges[j] = edges[j - 1];
        }
        edges[j] = moved;
    }
    uint32_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && edges[kept - 1].to == edges[i].to) {
            edges[kept - 1].weight += edges[i].weight;
        } else {
            edges[kept++] = edges[i];
        }
    }
    return kept;
}

static void graph_free(graph *g)
{
    w2b_free(g->starts);
    w2b_free(g->edges);
    w2b_free(g->degrees);
}

/* Puts each edge at both of its ends, so that the weights of all of them have
 * sum 1 together. */
static void graph_fill(graph *g, const w2b_near *near, const float *weights)
{
    memset(g->starts, 0, (g->n + 1) * sizeof *g->starts);
    for (size_t i = 0; i < near->n * near->k; i++) {
        g->starts[near->rows[i] + 1]++;
    }
    for (size_t i = 0; i < g->n; i++) {
        g->starts[i + 1] += g->starts[i] + near->k;
        g->degrees[i] = 0;
    }
    const double share = 0.5 / (double)g->n;
    for (size_t i = 0; i < g->n; i++) {
        for (size_t j = i * near->k; j < (i + 1) * near->k; j++) {
            const uint32_t to = near->rows[j];
            const float weight = (float)(weights[j] * share);
            g->edges[g->starts[i] + g->degrees[i]++] = (edge){to, weight};
            g->edges[g->starts[to] + g->degrees[to]++] = (edge){(uint32_t)i, weight};
        }
    }
}

static w2b_err graph_make(graph *g, const w2b_near *near, const w2b_tsne *options,
                          w2b_diag *diag)
{
    const size_t n = near->n, k = near->k;
    *g = (graph){.n = n};
    float *const weights = w2b_alloc(n * k, sizeof *weights);
    g->starts = w2b_alloc(n + 1, sizeof *g->starts);
    g->edges = w2b_alloc(n * k, 2 * sizeof *g->edges);
    g->degrees = w2b_alloc(n, sizeof *g->degrees);
    if (weights == NULL || g->starts == NULL || g->edges == NULL || g->degrees == NULL) {
        w2b_free(weights);
        graph_free(g);
        return w2b_fail_memory(diag, n * k * 2 * sizeof *g->edges, "a graph of neighbours");
    }
#pragma omp parallel for num_threads((int)options->threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        weights_find(near->cosines + i * k, k, options->perplexity, weights + i * k);
    }
    graph_fill(g, near, weights);
#pragma omp parallel for num_threads((int)options->threads) schedule(dynamic, 64)
    for (size_t i = 0; i < n; i++) {
        g->degrees[i] = edges_merge(g->edges + g->starts[i], g->degrees[i]);
    }
    w2b_free(weights);
    return W2B_OK;
}

/* ----- Descent ------------------------------------------------------------ */

typedef double pair[2];

typedef struct descent {
    graph graph;
    w2b_quadtree *tree;
    size_t n;
    int threads;
    pair *xy;
    pair *pull, *push;   /* [n] */
    pair *speed, *gain;  /* [n] */
    double *totals;      /* [n] */
} descent;

static void centre(pair *xy, size_t n)
{
    double sum[2] = {0};
    for (size_t i = 0; i < n; i++) {
        sum[0] += xy[i][0];
        sum[1] += xy[i][1];
    }
    for (size_t i = 0; i < n; i++) {
        xy[i][0] -= sum[0] / (double)n;
        xy[i][1] -= sum[1] / (double)n;
    }
}

/* Makes the points small, and moves each by a random trifle: equal points would
 * stay equal for ever. */
static void start(descent *d, uint64_t seed)
{
    centre(d->xy, d->n);
    double square = 0;
    for (size_t i = 0; i < d->n; i++) {
        square += d->xy[i][0] * d->xy[i][0];
    }
    const double deviation = sqrt(square / (double)d->n);
    const double scale = deviation > 0 ? START_SIZE / deviation : 0;
    w2b_rng rng;
    w2b_rng_seed(&rng, seed, 1);
    for (size_t i = 0; i < d->n; i++) {
        for (int c = 0; c < 2; c++) {
            d->xy[i][c] = d->xy[i][c] * scale + (w2b_rng_unit(&rng) - 0.5) * START_SIZE / 50;
            d->speed[i][c] = 0;
            d->gain[i][c] = 1;
        }
    }
}

static void pull_find(const descent *d, size_t i)
{
    const edge *const edges = d->graph.edges + d->graph.starts[i];
    double x = 0, y = 0;
    for (uint32_t e = 0; e < d->graph.degrees[i]; e++) {
        const double dx = d->xy[i][0] - d->xy[edges[e].to][0];
        const double dy = d->xy[i][1] - d->xy[edges[e].to][1];
        const double weight = edges[e].weight / (1 + dx * dx + dy * dy);
        x += weight * dx;
        y += weight * dy;
    }
    d->pull[i][0] = x;
    d->pull[i][1] = y;
}

/* One step down the gradient, with the gains of Jacobs 1988: a coordinate that
 * keeps its direction goes faster. */
static void step(descent *d, double exaggeration, double momentum)
{
    w2b_quadtree_build(d->tree, (const pair *)d->xy);
#pragma omp parallel for num_threads(d->threads) schedule(dynamic, 64)
    for (size_t place = 0; place < d->n; place++) {
        const uint32_t i = w2b_quadtree_point(d->tree, place);
        pull_find(d, i);
        w2b_quadtree_repulsion(d->tree, place, d->push[i], &d->totals[i]);
    }
    double total = 0;
    for (size_t i = 0; i < d->n; i++) {
        total += d->totals[i];
    }
    const double usual = (double)d->n / EXAGGERATION;
    const double rate = usual > LEAST_RATE ? usual : LEAST_RATE;
    for (size_t i = 0; i < d->n; i++) {
        for (int c = 0; c < 2; c++) {
            const double slope = exaggeration * d->pull[i][c] - d->push[i][c] / total;
            const int onward = slope > 0 ? d->speed[i][c] < 0 : d->speed[i][c] > 0;
            const double gain = onward ? d->gain[i][c] + 0.2 : d->gain[i][c] * 0.8;
            d->gain[i][c] = gain > 0.01 ? gain : 0.01;
            d->speed[i][c] = momentum * d->speed[i][c] - rate * d->gain[i][c] * slope;
            d->xy[i][c] += d->speed[i][c];
        }
    }
    centre(d->xy, d->n);
}

static w2b_err descend(descent *d, const w2b_tsne *options, w2b_diag *diag)
{
    const uint32_t third = options->iterations / 3;
    const uint32_t early = third < EXAGGERATED_STEPS ? third : EXAGGERATED_STEPS;
    w2b_err err = W2B_OK;
    start(d, options->seed);
    for (uint32_t i = 0; i < options->iterations && err == W2B_OK; i++) {
        step(d, i < early ? EXAGGERATION : 1, i < early ? 0.5 : 0.8);
        err = w2b_meter_tick(options->meter, i + 1, options->iterations, diag);
    }
    return err;
}

w2b_err w2b_tsne_run(const w2b_near *near, const w2b_tsne *options, double (*xy)[2],
                     w2b_diag *diag)
{
    const size_t n = near->n;
    descent d = {.n = n, .threads = (int)options->threads, .xy = xy};
    w2b_err err = graph_make(&d.graph, near, options, diag);
    if (err != W2B_OK) {
        return err;
    }
    d.tree = w2b_quadtree_new(n);
    d.pull = w2b_alloc(n, sizeof *d.pull);
    d.push = w2b_alloc(n, sizeof *d.push);
    d.speed = w2b_alloc(n, sizeof *d.speed);
    d.gain = w2b_alloc(n, sizeof *d.gain);
    d.totals = w2b_alloc(n, sizeof *d.totals);
    if (d.tree == NULL || d.pull == NULL || d.push == NULL || d.speed == NULL || d.gain == NULL ||
        d.totals == NULL) {
        err = w2b_fail_memory(diag, n * 8 * sizeof *d.pull, "a layout");
    } else {
        err = descend(&d, options, diag);
    }
    graph_free(&d.graph);
    w2b_quadtree_free(d.tree);
    w2b_free(d.pull);
    w2b_free(d.push);
    w2b_free(d.speed);
    w2b_free(d.gain);
    w2b_free(d.totals);
    return err;
}
