/*
 * judge.c - outcomes of pairs, categories and odd-one-out groups.
 */
#include <math.h>
#include <string.h>

#include "eval/kmeans.h"
#include "eval/score.h"
#include "eval/stats.h"

/* ----- Similarity --------------------------------------------------------- */

/* Buffers for a set of n pairs. */
typedef struct pairs {
    uint64_t *a, *b;       /* [n] rows of the used ones */
    uint32_t *items;       /* [n] of these */
    float *cosines;        /* [n] of these */
    double *ours, *theirs; /* [n] scores, of the used ones or all */
    size_t used;
} pairs;

static int pairs_make(pairs *p, size_t n)
{
    p->a = w2b_alloc(n, sizeof *p->a);
    p->b = w2b_alloc(n, sizeof *p->b);
    p->items = w2b_alloc(n, sizeof *p->items);
    p->cosines = w2b_alloc(n, sizeof *p->cosines);
    p->ours = w2b_alloc(n, sizeof *p->ours);
    p->theirs = w2b_alloc(n, sizeof *p->theirs);
    return p->a != NULL && p->b != NULL && p->items != NULL && p->cosines != NULL &&
                   p->ours != NULL && p->theirs != NULL
               ? 0
               : -1;
}

static void pairs_free(pairs *p)
{
    w2b_free(p->a);
    w2b_free(p->b);
    w2b_free(p->items);
    w2b_free(p->cosines);
    w2b_free(p->ours);
    w2b_free(p->theirs);
}

/* The two correlations that are not the score, from the used pairs' cosines. */
static int correlate(const w2b_testset *set, pairs *p, w2b_eval_result *result)
{
    double sum = 0;
    for (size_t i = 0; i < p->used; i++) {
        p->ours[i] = p->cosines[i];
        p->theirs[i] = set->items[p->items[i]].score;
        sum += p->cosines[i];
    }
    result->pearson = w2b_stats_pearson(p->ours, p->theirs, p->used);
    if (p->used == 0) {
        return 0;
    }
    for (size_t i = 0, j = 0; i < set->n; i++) {
        const int used = j < p->used && p->items[j] == i;
        p->ours[i] = used ? p->cosines[j++] : sum / (double)p->used;
        p->theirs[i] = set->items[i].score;
    }
    return w2b_stats_spearman(p->ours, p->theirs, set->n, &result->spearman_all);
}

static w2b_err compare_pairs(const w2b_judge *judge, pairs *p)
{
    const w2b_testset *const set = judge->set;
    for (size_t i = 0; i < set->n; i++) {
        uint64_t rows[2];
        int known;
        const w2b_err err = w2b_judge_find_all(judge, set->items[i].words, 2, rows, &known);
        if (err != W2B_OK) {
            return err;
        }
        if (known) {
            p->a[p->used] = rows[0];
            p->b[p->used] = rows[1];
            p->items[p->used++] = (uint32_t)i;
        }
    }
    const w2b_err err =
        w2b_search_similarity(judge->search, p->a, p->b, p->used, p->cosines, judge->diag);
    for (size_t i = 0; err == W2B_OK && i < p->used; i++) {
        judge->outcomes[p->items[i]] = p->cosines[i];
    }
    return err;
}

w2b_err w2b_judge_similarity(const w2b_judge *judge, w2b_eval_result *result)
{
    pairs p = {0};
    w2b_err err;
    if (pairs_make(&p, judge->set->n) != 0) {
        err = w2b_judge_memory(judge);
    } else {
        err = compare_pairs(judge, &p);
        if (err == W2B_OK && correlate(judge->set, &p, result) != 0) {
            err = w2b_judge_memory(judge);
        }
    }
    pairs_free(&p);
    return err;
}

/* ----- Categories --------------------------------------------------------- */

/* The row of the model as a unit vector; zero stays zero. */
static w2b_err unit_vector(const w2b_judge *judge, uint64_t row, size_t dim, float *vector)
{
    const w2b_err err = w2b_model_vector(judge->search->model, row, vector, judge->diag);
    double square = 0;
    for (size_t j = 0; err == W2B_OK && j < dim; j++) {
        square += (double)vector[j] * (double)vector[j];
    }
    const double inverse = square > 0 ? 1 / sqrt(square) : 0;
    for (size_t j = 0; err == W2B_OK && j < dim; j++) {
        vector[j] = (float)((double)vector[j] * inverse);
    }
    return err;
}

/* The words that are known, and how many categories they are of. */
static w2b_err find_words(const w2b_judge *judge, uint64_t *rows, uint32_t *items, size_t *used,
                          uint32_t *categories)
{
    const w2b_testset *const set = judge->set;
    uint8_t *const seen = w2b_alloc_zero(set->n_sections, 1);
    w2b_err err = seen != NULL ? W2B_OK : w2b_judge_memory(judge);
    *used = 0;
    *categories = 0;
    for (size_t i = 0; err == W2B_OK && i < set->n; i++) {
        err = w2b_judge_find(judge, set->items[i].words[0], &rows[*used]);
        if (err == W2B_OK && rows[*used] != W2B_UNKNOWN) {
            *categories += !seen[set->items[i].section];
            seen[set->items[i].section] = 1;
            items[(*used)++] = (uint32_t)i;
        }
    }
    w2b_free(seen);
    return err;
}

/* A word is right if it is of the category that its cluster has most of, the
 * first of several; purity is the share of these. */
static w2b_err judge_labels(const w2b_judge *judge, const uint32_t *labels, const uint32_t *items,
                            size_t used, uint32_t clusters)
{
    const w2b_testset *const set = judge->set;
    const size_t sections = set->n_sections;
    uint32_t *const counts = w2b_alloc_zero(clusters * sections, sizeof *counts);
    if (counts == NULL) {
        return w2b_judge_memory(judge);
    }
    for (size_t i = 0; i < used; i++) {
        counts[labels[i] * sections + set->items[items[i]].section]++;
    }
    for (size_t i = 0; i < used; i++) {
        const uint32_t *const row = counts + labels[i] * sections;
        size_t most = 0;
        for (size_t j = 1; j < sections; j++) {
            most = row[j] > row[most] ? j : most;
        }
        judge->outcomes[items[i]] = set->items[items[i]].section == most ? 1 : 0;
    }
    w2b_free(counts);
    return W2B_OK;
}

static w2b_err cluster(const w2b_judge *judge, const uint64_t *rows, const uint32_t *items,
                       size_t used, uint32_t categories)
{
    const size_t dim = judge->search->code->dim;
    size_t room = 0;
    const int large = w2b_mul(used, dim, &room) != 0;
    float *const vectors = large ? NULL : w2b_alloc(room, sizeof *vectors);
    uint32_t *const labels = w2b_alloc(used, sizeof *labels);
    w2b_err err = vectors != NULL && labels != NULL ? W2B_OK : w2b_judge_memory(judge);
    for (size_t i = 0; err == W2B_OK && i < used; i++) {
        err = unit_vector(judge, rows[i], dim, vectors + i * dim);
    }
    if (err == W2B_OK && used > 0) {
        const w2b_kmeans job = {categories, judge->options->restarts, judge->options->seed,
                                judge->search->threads};
        if (w2b_kmeans_run(&job, vectors, used, dim, labels) != 0) {
            err = w2b_judge_memory(judge);
        }
    }
    if (err == W2B_OK) {
        err = judge_labels(judge, labels, items, used, categories);
    }
    w2b_free(vectors);
    w2b_free(labels);
    return err;
}

w2b_err w2b_judge_categories(const w2b_judge *judge)
{
    const size_t n = judge->set->n;
    uint64_t *const rows = w2b_alloc(n, sizeof *rows);
    uint32_t *const items = w2b_alloc(n, sizeof *items);
    size_t used;
    uint32_t categories;
    w2b_err err = W2B_ERR_MEMORY;
    if (rows == NULL || items == NULL) {
        err = w2b_judge_memory(judge);
    } else {
        err = find_words(judge, rows, items, &used, &categories);
        if (err == W2B_OK) {
            err = cluster(judge, rows, items, used, categories);
        }
    }
    w2b_free(rows);
    w2b_free(items);
    return err;
}

/* ----- Odd one out -------------------------------------------------------- */

/* Room for a group of n words. */
typedef struct group {
    uint64_t *rows;   /* [n] */
    uint64_t *a, *b;  /* [n (n - 1) / 2] all pairs of them */
    float *cosines;   /* [n (n - 1) / 2] */
    double *sums;     /* [n] of the cosines with the others */
} group;

static int group_make(group *g, size_t n)
{
    const size_t n_pairs = n * (n - 1) / 2; /* the reader allows no large groups */
    g->rows = w2b_alloc(n, sizeof *g->rows);
    g->a = w2b_alloc(n_pairs, sizeof *g->a);
    g->b = w2b_alloc(n_pairs, sizeof *g->b);
    g->cosines = w2b_alloc(n_pairs, sizeof *g->cosines);
    g->sums = w2b_alloc(n, sizeof *g->sums);
    return g->rows != NULL && g->a != NULL && g->b != NULL && g->cosines != NULL &&
                   g->sums != NULL
               ? 0
               : -1;
}

static void group_free(group *g)
{
    w2b_free(g->rows);
    w2b_free(g->a);
    w2b_free(g->b);
    w2b_free(g->cosines);
    w2b_free(g->sums);
}

/* Right if the last word, and no other, is the one whose mean cosine with the
 * others is lowest (the compactness of Camacho-Collados and Navigli 2016). */
static w2b_err judge_group(const w2b_judge *judge, group *g, size_t n, float *outcome)
{
    size_t n_pairs = 0;
    for (size_t i = 0; i < n; i++) {
        g->sums[i] = 0;
        for (size_t j = 0; j < i; j++) {
            g->a[n_pairs] = g->rows[i];
            g->b[n_pairs++] = g->rows[j];
        }
    }
    const w2b_err err =
        w2b_search_similarity(judge->search, g->a, g->b, n_pairs, g->cosines, judge->diag);
    if (err != W2B_OK) {
        return err;
    }
    const float *cosine = g->cosines;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            g->sums[i] += *cosine;
            g->sums[j] += *cosine++;
        }
    }
    *outcome = 1;
    for (size_t i = 0; i + 1 < n; i++) {
        if (g->sums[i] <= g->sums[n - 1]) {
            *outcome = 0;
        }
    }
    return W2B_OK;
}

w2b_err w2b_judge_odd(const w2b_judge *judge)
{
    const w2b_testset *const set = judge->set;
    group g = {0};
    size_t most = 2;
    for (size_t i = 0; i < set->n; i++) {
        most = set->items[i].n > most ? set->items[i].n : most;
    }
    w2b_err err = group_make(&g, most) == 0 ? W2B_OK : w2b_judge_memory(judge);
    for (size_t i = 0; err == W2B_OK && i < set->n; i++) {
        const w2b_item *const item = &set->items[i];
        int known;
        err = w2b_judge_find_all(judge, set->words + item->first, item->n, g.rows, &known);
        if (err == W2B_OK && known) {
            err = judge_group(judge, &g, item->n, &judge->outcomes[i]);
        }
    }
    group_free(&g);
    return err;
}
