/*
 * sample.c - scores of drawn items. See sample.h.
 */
#include "eval/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_UNIT UINT32_MAX

/* ----- Samples ------------------------------------------------------------ */

/* All items are units of one stratum. */
static int units_of_items(w2b_sample *s)
{
    s->strata = 1;
    s->starts = w2b_alloc(2, sizeof *s->starts);
    if (s->starts == NULL) {
        return -1;
    }
    s->starts[0] = 0;
    s->starts[1] = (uint32_t)s->n;
    for (size_t i = 0; i < s->n; i++) {
        s->units[i][0] = (uint32_t)i;
        s->units[i][1] = NO_UNIT;
    }
    return 0;
}

/* The pairs that used questions are made of, by section. */
static int units_of_pairs(w2b_sample *s)
{
    const w2b_testset *const set = s->set;
    uint32_t *const units = w2b_alloc_zero(set->n_pairs, sizeof *units);
    s->strata = set->n_sections;
    s->starts = w2b_alloc_zero(s->strata + 1, sizeof *s->starts);
    if (units == NULL || s->starts == NULL) {
        w2b_free(units);
        return -1;
    }
    for (size_t i = 0; i < s->n; i++) {
        const uint32_t *const pairs = set->items[s->items[i]].pairs;
        units[pairs[0]] = units[pairs[1]] = 1;
    }
    /* A counting sort, as each section's begin moves to its end. */
    for (size_t i = 0; i < set->n_pairs; i++) {
        s->starts[set->pairs[i].section + 1] += units[i];
    }
    for (size_t i = 0; i < s->strata; i++) {
        s->starts[i + 1] += s->starts[i];
    }
    for (size_t i = 0; i < set->n_pairs; i++) {
        if (units[i] != 0) {
            units[i] = s->starts[set->pairs[i].section]++;
        }
    }
    memmove(s->starts + 1, s->starts, s->strata * sizeof *s->starts);
    s->starts[0] = 0;
    for (size_t i = 0; i < s->n; i++) {
        const uint32_t *const pairs = set->items[s->items[i]].pairs;
        s->units[i][0] = units[pairs[0]];
        s->units[i][1] = units[pairs[1]];
    }
    w2b_free(units);
    return 0;
}

typedef struct keyed {
    double key;
    uint32_t index;
} keyed;

static int compare_keyed(const void *a, const void *b)
{
    const keyed *const x = a, *const y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* The sample's items 0 .. n by the set's score, or by `outcomes` if not NULL.
 * The order of equal ones does not matter. NULL if memory is short. */
static uint32_t *sorted_items(const w2b_sample *s, const float *outcomes)
{
    keyed *const keys = w2b_alloc(s->n, sizeof *keys);
    uint32_t *const order = w2b_alloc(s->n, sizeof *order);
    if (keys == NULL || order == NULL) {
        w2b_free(keys);
        w2b_free(order);
        return NULL;
    }
    for (size_t i = 0; i < s->n; i++) {
        const uint32_t item = s->items[i];
        keys[i] = (keyed){outcomes != NULL ? outcomes[item] : s->set->items[item].score,
                          (uint32_t)i};
    }
    qsort(keys, s->n, sizeof *keys, compare_keyed);
    for (size_t i = 0; i < s->n; i++) {
        order[i] = keys[i].index;
    }
    w2b_free(keys);
    return order;
}

int w2b_sample_make(w2b_sample *s, const w2b_testset *set, const float *first,
                    const float *second)
{
    *s = (w2b_sample){.set = set};
    s->items = w2b_alloc(set->n, sizeof *s->items);
    s->units = w2b_alloc(set->n, sizeof *s->units);
    if (s->items == NULL || s->units == NULL) {
        return -1;
    }
    for (size_t i = 0; i < set->n; i++) {
        if (!isnan(first[i]) && (second == NULL || !isnan(second[i]))) {
            s->items[s->n++] = (uint32_t)i;
        }
    }
    if (set->kind == W2B_TEST_SIMILARITY) {
        s->order = sorted_items(s, NULL);
        if (s->order == NULL) {
            return -1;
        }
    }
    return set->kind == W2B_TEST_ANALOGY ? units_of_pairs(s) : units_of_items(s);
}

void w2b_sample_free(w2b_sample *s)
{
    w2b_free(s->items);
    w2b_free(s->units);
    w2b_free(s->starts);
    w2b_free(s->order);
}

/* ----- Scores ------------------------------------------------------------- */

int w2b_scorer_make(w2b_scorer *c, const w2b_sample *sample, const float *outcomes)
{
    const size_t sections = sample->set->n_sections;
    *c = (w2b_scorer){.sample = sample, .outcomes = outcomes};
    c->weights = w2b_alloc(sample->n, sizeof *c->weights);
    if (sample->set->kind == W2B_TEST_SIMILARITY) {
        c->order = sorted_items(sample, outcomes);
        c->ranks[0] = w2b_alloc(sample->n, sizeof *c->ranks[0]);
        c->ranks[1] = w2b_alloc(sample->n, sizeof *c->ranks[1]);
        return c->weights != NULL && c->order != NULL && c->ranks[0] != NULL &&
                       c->ranks[1] != NULL
                   ? 0
                   : -1;
    }
    c->used = w2b_alloc(sections, sizeof *c->used);
    c->correct = w2b_alloc(sections, sizeof *c->correct);
    return c->weights != NULL && c->used != NULL && c->correct != NULL ? 0 : -1;
}

void w2b_scorer_free(w2b_scorer *c)
{
    w2b_free(c->order);
    w2b_free(c->ranks[0]);
    w2b_free(c->ranks[1]);
    w2b_free(c->weights);
    w2b_free(c->used);
    w2b_free(c->correct);
}

/* What items 0 and 1 have to compare: the set's score, or the outcome. */
static double value_of(const w2b_scorer *c, int side, uint32_t i)
{
    const uint32_t item = c->sample->items[i];
    return side == 0 ? c->sample->set->items[item].score : (double)c->outcomes[item];
}

/* Ranks in the sample where each item stands as often as it counts: equal
 * values share the mean of their places. Those that do not count have none. */
static void rank_items(w2b_scorer *c, int side)
{
    const w2b_sample *const s = c->sample;
    const uint32_t *const order = side == 0 ? s->order : c->order;
    uint64_t before = 0;
    for (size_t i = 0; i < s->n;) {
        const double value = value_of(c, side, order[i]);
        uint64_t weight = 0;
        size_t end = i;
        while (end < s->n && !(value_of(c, side, order[end]) > value)) {
            weight += c->weights[order[end++]];
        }
        for (; i < end; i++) {
            c->ranks[side][order[i]] = (double)before + ((double)weight + 1) / 2;
        }
        before += weight;
    }
}

/* Pearson's of the ranks, whose mean is known. */
static double score_similarity(w2b_scorer *c)
{
    const size_t n = c->sample->n;
    double total = 0, xx = 0, yy = 0, xy = 0;
    rank_items(c, 0);
    rank_items(c, 1);
    for (size_t i = 0; i < n; i++) {
        total += (double)c->weights[i];
    }
    const double mean = (total + 1) / 2;
    for (size_t i = 0; i < n; i++) {
        const double w = (double)c->weights[i];
        const double dx = c->ranks[0][i] - mean, dy = c->ranks[1][i] - mean;
        xx += w * dx * dx;
        yy += w * dy * dy;
        xy += w * dx * dy;
    }
    return xx > 0 && yy > 0 ? xy / (sqrt(xx) * sqrt(yy)) : NAN;
}

static double score_share(w2b_scorer *c)
{
    const w2b_sample *const s = c->sample;
    const size_t sections = s->set->n_sections;
    uint64_t used = 0, correct = 0;
    memset(c->used, 0, sections * sizeof *c->used);
    memset(c->correct, 0, sections * sizeof *c->correct);
    for (size_t i = 0; i < s->n; i++) {
        const uint32_t section = s->set->items[s->items[i]].section;
        c->used[section] += c->weights[i];
        if (c->outcomes[s->items[i]] > 0) {
            c->correct[section] += c->weights[i];
        }
    }
    for (size_t i = 0; i < sections; i++) {
        used += c->used[i];
        correct += c->correct[i];
    }
    return used > 0 ? (double)correct / (double)used : NAN;
}

double w2b_scorer_score(w2b_scorer *c, const uint32_t *counts)
{
    const w2b_sample *const s = c->sample;
    for (size_t i = 0; i < s->n; i++) {
        const uint32_t second = s->units[i][1];
        c->weights[i] = counts == NULL ? 1
                                       : (uint64_t)counts[s->units[i][0]] *
                                             (second != NO_UNIT ? counts[second] : 1);
    }
    return s->set->kind == W2B_TEST_SIMILARITY ? score_similarity(c) : score_share(c);
}
