/*
 * compare.c - what two models that share words make of them.
 *
 * Neighbours are asked for among the common words alone, so that a word that
 * one of the models lacks takes nobody's place. Sums over words are summed
 * within parts of a fixed size and then in their order: threads show nowhere.
 */
#include <math.h>
#include <string.h>

#include "eval/bootstrap.h"
#include "eval/pairs.h"
#include "quant/num.h"

#define PART 256 /* words summed at a time */
#define EIGENSPACE_ROWS 20000
#define QUERIES_MOST 1000000
#define NEIGHBORS_MOST 1000
#define RESAMPLES_MOST 100000
#define THREADS_MOST 1024

void w2b_compare_defaults(w2b_compare_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->queries = 1000;
    options->neighbors = 10;
    options->resamples = 1000;
    options->seed = 1;
}

/* ----- Vectors of the same word ------------------------------------------- */

typedef struct sums {
    w2b_err err;
    double xx, yy, xy;
    double error; /* sum |x - y|^2 */
    double cosines;
    double worst;
    uint64_t worst_row;
} sums;

static void add_pair(const float *x, const float *y, uint32_t dim, uint64_t row, sums *s)
{
    double error = 0, xx = 0, yy = 0, xy = 0;
    for (uint32_t i = 0; i < dim; i++) {
        const double a = x[i], b = y[i];
        error += (a - b) * (a - b);
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    const double cosine = xx > 0 && yy > 0 ? xy / (sqrt(xx) * sqrt(yy)) : xx > 0 || yy > 0 ? 0
                                                                                           : 1;
    s->xx += xx;
    s->yy += yy;
    s->xy += xy;
    s->error += error;
    s->cosines += cosine;
    if (cosine < s->worst) {
        s->worst = cosine;
        s->worst_row = row;
    }
}

static void add_part(const w2b_pairs *p, size_t begin, float *x, float *y, sums *s)
{
    const uint32_t dim = w2b_model_code(p->first)->dim;
    const size_t end = p->n - begin < PART ? p->n : begin + PART;
    *s = (sums){.worst = 2};
    for (size_t i = begin; i < end && s->err == W2B_OK; i++) {
        s->err = w2b_model_vector(p->first, p->pairs[i].first, x, NULL);
        if (s->err == W2B_OK) {
            s->err = w2b_model_vector(p->second, p->pairs[i].second, y, NULL);
        }
        if (s->err == W2B_OK) {
            add_pair(x, y, dim, p->pairs[i].first, s);
        }
    }
}

static void merge(sums *to, const sums *from)
{
    to->err = to->err != W2B_OK ? to->err : from->err;
    to->xx += from->xx;
    to->yy += from->yy;
    to->xy += from->xy;
    to->error += from->error;
    to->cosines += from->cosines;
    if (from->worst < to->worst) {
        to->worst = from->worst;
        to->worst_row = from->worst_row;
    }
}

/* Threads leave no diagnosis: what failed is asked for once more. */
static w2b_err explain(const w2b_pairs *p, w2b_err code, w2b_diag *diag)
{
    const uint32_t dim = w2b_model_code(p->first)->dim;
    float *const x = w2b_alloc(dim, sizeof *x);
    w2b_err err = W2B_OK;
    for (size_t i = 0; i < p->n && x != NULL && err == W2B_OK; i++) {
        err = w2b_model_vector(p->first, p->pairs[i].first, x, diag);
        if (err == W2B_OK) {
            err = w2b_model_vector(p->second, p->pairs[i].second, x, diag);
        }
    }
    w2b_free(x);
    if (err != W2B_OK) {
        return err;
    }
    return code == W2B_ERR_MEMORY ? w2b_fail_memory(diag, dim * sizeof *x, "vectors")
                                  : w2b_fail(diag, code, "a row can not be read");
}

static w2b_err compare_vectors(const w2b_pairs *p, sums *total, w2b_diag *diag)
{
    const size_t parts = (p->n + PART - 1) / PART;
    const uint32_t dim = w2b_model_code(p->first)->dim;
    sums *const all = w2b_alloc(parts, sizeof *all);
    *total = (sums){.worst = 2};
    if (all == NULL) {
        return w2b_fail_memory(diag, parts * sizeof *all, "a comparison");
    }
#pragma omp parallel num_threads((int)p->threads)
    {
        float *const x = w2b_alloc(dim, sizeof *x);
        float *const y = w2b_alloc(dim, sizeof *y);
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < parts; i++) {
            if (x == NULL || y == NULL) {
                all[i] = (sums){.err = W2B_ERR_MEMORY, .worst = 2};
            } else {
                add_part(p, i * PART, x, y, &all[i]);
            }
        }
        w2b_free(x);
        w2b_free(y);
    }
    for (size_t i = 0; i < parts; i++) {
        merge(total, &all[i]);
    }
    w2b_free(all);
    return total->err == W2B_OK ? W2B_OK : explain(p, total->err, diag);
}

static w2b_err report_vectors(const w2b_pairs *p, w2b_compare_report *report, w2b_diag *diag)
{
    sums s;
    report->squared_error = report->scaled_error = report->scale = NAN;
    report->mean_cosine = report->worst_cosine = NAN;
    report->worst_row = UINT64_MAX;
    if (w2b_model_code(p->first)->dim != w2b_model_code(p->second)->dim) {
        return W2B_OK;
    }
    const w2b_err err = compare_vectors(p, &s, diag);
    if (err != W2B_OK) {
        return err;
    }
    if (s.xx > 0) {
        report->squared_error = s.error / s.xx;
        report->scale = s.yy > 0 ? s.xy / s.yy : 0;
        report->scaled_error = s.yy > 0 ? 1 - s.xy / s.yy * (s.xy / s.xx) : 1;
        report->scaled_error = report->scaled_error > 0 ? report->scaled_error : 0;
    }
    report->mean_cosine = s.cosines / (double)p->n;
    report->worst_cosine = s.worst;
    report->worst_row = s.worst_row;
    return W2B_OK;
}

/* ----- Neighbours --------------------------------------------------------- */

typedef struct crowd {
    const w2b_pairs *pairs;
    const w2b_compare_options *options;
    size_t n;             /* questions */
    size_t k;             /* answers to each */
    uint32_t *asked;      /* [n] numbers of pairs, rising */
    uint32_t *pair_of;    /* [rows of the second] number of the pair */
    uint32_t *answers[2]; /* [n][k] numbers of pairs, UINT32_MAX for none */
    double *shares;       /* [n] of the first's answers that the second gives */
} crowd;

/* n of the pairs, each with the same chance (Knuth's algorithm S). */
static void draw(crowd *c)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, c->options->seed, 0);
    size_t taken = 0;
    for (size_t i = 0; i < c->pairs->n && taken < c->n; i++) {
        const size_t left = c->pairs->n - i;
        if (w2b_rng_unit(&rng) * (double)left < (double)(c->n - taken)) {
            c->asked[taken++] = (uint32_t)i;
        }
    }
    c->n = taken;
}

static w2b_err prepare(crowd *c, w2b_diag *diag)
{
    const size_t rows = (size_t)w2b_model_words(c->pairs->second);
    c->asked = w2b_alloc(c->n, sizeof *c->asked);
    c->pair_of = w2b_alloc(rows, sizeof *c->pair_of);
    c->answers[0] = w2b_alloc(c->n, c->k * sizeof **c->answers);
    c->answers[1] = w2b_alloc(c->n, c->k * sizeof **c->answers);
    c->shares = w2b_alloc(c->n, sizeof *c->shares);
    if (c->asked == NULL || c->pair_of == NULL || c->answers[0] == NULL ||
        c->answers[1] == NULL || c->shares == NULL) {
        return w2b_fail_memory(diag, c->n * c->k * 8 + rows * 4, "neighbours");
    }
    draw(c);
    for (size_t i = 0; i < c->pairs->n; i++) {
        c->pair_of[c->pairs->pairs[i].second] = (uint32_t)i;
    }
    return W2B_OK;
}

static void crowd_free(crowd *c)
{
    w2b_free(c->asked);
    w2b_free(c->pair_of);
    w2b_free(c->answers[0]);
    w2b_free(c->answers[1]);
    w2b_free(c->shares);
}

static uint32_t row_of(const crowd *c, int side, size_t pair)
{
    return side == 0 ? c->pairs->pairs[pair].first : c->pairs->pairs[pair].second;
}

/* Pairs rise by their first row: a search for it finds the pair. */
static uint32_t pair_of_first(const w2b_pairs *p, uint64_t row)
{
    size_t low = 0, high = p->n;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (p->pairs[middle].first <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

static w2b_err only_common(const crowd *c, int side, w2b_search *search, w2b_diag *diag)
{
    const size_t rows =
        (size_t)w2b_model_words(side == 0 ? c->pairs->first : c->pairs->second);
    uint8_t *const filter = w2b_alloc_zero((rows + 7) / 8, 1);
    if (filter == NULL) {
        return w2b_fail_memory(diag, rows / 8, "the filter of a search");
    }
    for (size_t i = 0; i < c->pairs->n; i++) {
        const uint32_t row = row_of(c, side, i);
        filter[row / 8] = (uint8_t)(filter[row / 8] | 1u << (row % 8));
    }
    const w2b_err err = w2b_search_filter(search, filter, diag);
    w2b_free(filter);
    return err;
}

static w2b_err ask(const crowd *c, int side, w2b_search *search, w2b_diag *diag)
{
    w2b_term *const terms = w2b_alloc(c->n, sizeof *terms);
    w2b_query *const queries = w2b_alloc(c->n, sizeof *queries);
    w2b_hit *const hits = w2b_alloc(c->n, c->k * sizeof *hits);
    size_t *const found = w2b_alloc(c->n, sizeof *found);
    w2b_err err = W2B_OK;
    if (terms == NULL || queries == NULL || hits == NULL || found == NULL) {
        err = w2b_fail_memory(diag, c->n * c->k * sizeof *hits, "neighbours");
    } else {
        for (size_t i = 0; i < c->n; i++) {
            terms[i] = (w2b_term){row_of(c, side, c->asked[i]), 1};
            queries[i] = (w2b_query){&terms[i], 1, NULL};
        }
        err = w2b_search_nearest(search, queries, c->n, c->k, hits, found, diag);
    }
    for (size_t i = 0; i < c->n && err == W2B_OK; i++) {
        for (size_t j = 0; j < c->k; j++) {
            const uint64_t row = j < found[i] ? hits[i * c->k + j].row : 0;
            c->answers[side][i * c->k + j] = j >= found[i] ? UINT32_MAX
                                             : side == 0   ? pair_of_first(c->pairs, row)
                                                           : c->pair_of[row];
        }
    }
    w2b_free(terms);
    w2b_free(queries);
    w2b_free(hits);
    w2b_free(found);
    return err;
}

static w2b_err ask_side(const crowd *c, int side, w2b_diag *diag)
{
    w2b_search_options options;
    w2b_search *search = NULL;
    w2b_search_defaults(&options);
    options.threads = c->pairs->threads;
    options.isa = c->options->isa;
    w2b_err err = w2b_search_new(side == 0 ? c->pairs->first : c->pairs->second, &options, &search,
                                 diag);
    if (err == W2B_OK) {
        err = only_common(c, side, search, diag);
    }
    if (err == W2B_OK) {
        err = ask(c, side, search, diag);
    }
    w2b_search_free(search);
    return err;
}

static void count_shares(crowd *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const uint32_t *const a = c->answers[0] + i * c->k, *const b = c->answers[1] + i * c->k;
        size_t both = 0;
        for (size_t j = 0; j < c->k; j++) {
            for (size_t l = 0; l < c->k && a[j] != UINT32_MAX; l++) {
                both += a[j] == b[l];
            }
        }
        c->shares[i] = (double)both / (double)c->k;
    }
}

/* The mean share of the questions, each counted so many times. */
static void mean_share(void *user, const uint32_t *counts, double *mean)
{
    const crowd *const c = user;
    double sum = 0, n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const double weight = counts != NULL ? counts[i] : 1;
        sum += weight * c->shares[i];
        n += weight;
    }
    *mean = sum / n;
}

static w2b_err report_neighbors(const w2b_pairs *p, const w2b_compare_options *options,
                                w2b_compare_report *report, w2b_diag *diag)
{
    report->overlap = NAN;
    report->interval = (w2b_interval){NAN, NAN};
    report->queries = 0;
    crowd c = {.pairs = p, .options = options};
    c.n = options->queries < p->n ? options->queries : p->n;
    c.k = options->neighbors < p->n ? options->neighbors : p->n - 1;
    if (c.n == 0 || c.k == 0) {
        return W2B_OK;
    }
    w2b_err err = prepare(&c, diag);
    for (int side = 0; side < 2 && err == W2B_OK; side++) {
        err = ask_side(&c, side, diag);
    }
    if (err == W2B_OK) {
        const uint32_t starts[2] = {0, (uint32_t)c.n};
        const w2b_bootstrap job = {
            .starts = starts,
            .strata = 1,
            .resamples = options->resamples,
            .seed = options->seed,
            .statistic = mean_share,
            .user = &c,
            .n_values = 1};
        count_shares(&c);
        mean_share(&c, NULL, &report->overlap);
        report->queries = c.n;
        err = w2b_bootstrap_run(&job, &report->interval, diag);
    }
    crowd_free(&c);
    return err;
}

/* ----- The whole ---------------------------------------------------------- */

static const char *check(const w2b_compare_options *o)
{
    if (o->queries > QUERIES_MOST) {
        return "more than 1,000,000 questions";
    }
    if (o->neighbors < 1 || o->neighbors > NEIGHBORS_MOST) {
        return "neighbours must be 1 to 1000";
    }
    return o->resamples > RESAMPLES_MOST ? "more than 100,000 resamples" : NULL;
}

w2b_err w2b_compare(const w2b_model *first, const w2b_model *second,
                    const w2b_compare_options *options, w2b_compare_report *out, w2b_diag *diag)
{
    w2b_compare_options o;
    w2b_compare_report report = {.eigenspace = NAN};
    w2b_pairs pairs;
    w2b_compare_defaults(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    const char *const why = check(&o);
    if (why != NULL) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "%s", why);
    }
    uint32_t threads = o.threads > 0 ? o.threads : w2b_processors();
    threads = threads < THREADS_MOST ? threads : THREADS_MOST;
    w2b_err err = w2b_pairs_make(&pairs, first, second, o.first, threads, diag);
    if (err == W2B_OK && pairs.n == 0) {
        err = w2b_fail(diag, W2B_ERR_DATA, "the models have no words in common");
    }
    report.common = pairs.n;
    report.only_first = pairs.first_rows - pairs.n;
    report.only_second = pairs.second_rows - pairs.n;
    report.neighbors = o.neighbors;
    if (err == W2B_OK) {
        err = report_vectors(&pairs, &report, diag);
    }
    if (err == W2B_OK) {
        err = report_neighbors(&pairs, &o, &report, diag);
    }
    if (err == W2B_OK && !o.no_eigenspace) {
        err = w2b_pairs_eigenspace(&pairs, EIGENSPACE_ROWS, &report.eigenspace, diag);
    }
    w2b_pairs_free(&pairs);
    if (err == W2B_OK) {
        *out = report;
    }
    return err;
}
