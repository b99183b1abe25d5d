/*
 * search.c - the search handle: nearest rows and similarities.
 */
#include "eval/search.h"

#include <math.h>
#include <string.h>

#include "eval/top.h"
#include "quant/scheme.h"

#define THREADS_MAX 1024

/* ----- The handle --------------------------------------------------------- */

void w2b_search_defaults(w2b_search_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->isa = W2B_ISA_AUTO;
}

/* Cuts the searched rows into parts of blocks, so that a few large blocks keep
 * many threads busy. */
static void parts_count(w2b_search *search)
{
    search->block_rows = w2b_model_block_rows(search->model);
    if (search->rows == 0) {
        return;
    }
    const uint64_t whole = (search->rows - 1) / search->block_rows;
    const uint64_t last = search->rows - whole * search->block_rows;
    search->block_parts = (search->block_rows + W2B_PART_ROWS - 1) / W2B_PART_ROWS;
    search->parts = (size_t)whole * search->block_parts +
                    (size_t)((last + W2B_PART_ROWS - 1) / W2B_PART_ROWS);
}

/* A row of -1 for the sieve's squares. */
static int8_t *used_make(const w2b_code *code)
{
    int8_t *const ones = w2b_alloc(code->dim, 1);
    int8_t *const used = w2b_alloc(w2b_sieve_room(code->dim, code->bits), 1);
    if (ones == NULL || used == NULL) {
        w2b_free(ones);
        w2b_free(used);
        return NULL;
    }
    memset(ones, -1, code->dim);
    w2b_sieve_lay(ones, code->dim, code->bits, used);
    w2b_free(ones);
    return used;
}

w2b_err w2b_search_new(const w2b_model *model, const w2b_search_options *options,
                       w2b_search **search, w2b_diag *diag)
{
    w2b_search_options o;
    w2b_search_defaults(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    const w2b_scan *const scan = w2b_scan_for(o.isa);
    if (scan == NULL) {
        const char *const name = w2b_isa_name(o.isa);
        return w2b_fail(diag, W2B_ERR_ISA, "this processor or build has no %s kernels",
                        name != NULL ? name : "such");
    }
    w2b_search *const s = w2b_alloc_zero(1, sizeof *s);
    if (s == NULL) {
        return w2b_fail_memory(diag, sizeof *s, "a search");
    }
    s->model = model;
    s->code = w2b_model_code(model);
    s->scan = scan;
    s->words = w2b_model_words(model);
    s->rows = o.first > 0 && o.first < s->words ? o.first : s->words;
    s->passing = s->rows;
    s->width = w2b_scan_width(s->code->dim);
    s->floating = s->code->bits > 8;
    s->signs = s->code->bits == 1 && s->code->scheme->has_levels && s->code->levels[1] > 0 &&
               s->code->levels[0] == -s->code->levels[1];
    const uint32_t threads = o.threads > 0 ? o.threads : w2b_processors();
    s->threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    parts_count(s);
    if (s->floating) {
        s->inverses = w2b_alloc_zero(s->rows, sizeof *s->inverses);
    } else {
        s->squares = w2b_alloc_zero(s->signs ? 1 : s->rows, sizeof *s->squares);
    }
    s->known = w2b_alloc_zero(s->parts, sizeof *s->known);
    s->works = w2b_alloc_zero(s->threads, sizeof *s->works);
    s->sum = w2b_alloc_zero(s->width, sizeof *s->sum);
    s->row = w2b_alloc_zero(s->width, sizeof(float));
    s->used = w2b_sift_can(s) ? used_make(s->code) : NULL;
    if ((s->floating ? s->inverses == NULL : s->squares == NULL) ||
        (w2b_sift_can(s) && s->used == NULL) || s->known == NULL || s->works == NULL ||
        s->sum == NULL || s->row == NULL) {
        w2b_search_free(s);
        return w2b_fail_memory(diag, s->rows * sizeof *s->inverses, "the norms of a search");
    }
    *search = s;
    return W2B_OK;
}

static void work_free(w2b_work *work)
{
    w2b_free(work->rows);
    w2b_free(work->dots);
    w2b_free(work->cosines);
    w2b_free(work->inverses);
    w2b_free(work->codes);
    w2b_free(work->numbers);
    w2b_free(work->squares);
    w2b_free(work->sieved.passing);
    w2b_free(work->sieved.bars);
    w2b_free(work->sieved.limits);
    w2b_free(work->sieved.turned);
    w2b_free(work->sieved.codes);
    w2b_free(work->sieved.numbers);
    w2b_free(work->sieved.squares);
}

void w2b_search_free(w2b_search *search)
{
    if (search == NULL) {
        return;
    }
    for (size_t t = 0; search->works != NULL && t < search->threads; t++) {
        work_free(&search->works[t]);
    }
    w2b_free(search->works);
    w2b_free(search->squares);
    w2b_free(search->inverses);
    w2b_free(search->used);
    w2b_free(search->square_table);
    w2b_free(search->filter);
    w2b_free(search->known);
    w2b_free(search->sum);
    w2b_free(search->row);
    w2b_free(search);
}

/* ----- Nearest rows ------------------------------------------------------- */

static int all_finite(const float *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(numbers[i])) {
            return 0;
        }
    }
    return 1;
}

static w2b_err query_check(const w2b_search *search, const w2b_query *query, w2b_diag *diag)
{
    if (query->n_terms == 0 && query->vector == NULL) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "a query has neither terms nor a vector");
    }
    for (size_t t = 0; t < query->n_terms; t++) {
        if (query->terms[t].row >= search->words) {
            return w2b_fail(diag, W2B_ERR_ARGUMENT, "row %llu of a query is not in the model",
                            (unsigned long long)query->terms[t].row);
        }
        if (!isfinite(query->terms[t].weight)) {
            return w2b_fail(diag, W2B_ERR_ARGUMENT, "a weight of a query is not finite");
        }
    }
    if (query->vector != NULL && !all_finite(query->vector, search->code->dim)) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the vector of a query is not finite");
    }
    return W2B_OK;
}

/* One row by itself: it is compared in its own numbers, without rounding. */
static int is_single(const w2b_query *query)
{
    return query->n_terms == 1 && query->vector == NULL;
}

static w2b_err query_probe(w2b_search *search, w2b_probes *probes, size_t i,
                           const w2b_query *query, w2b_diag *diag)
{
    if (!is_single(query)) {
        return w2b_probes_sum(search, probes, i, query, diag);
    }
    const w2b_err err = w2b_probes_row(search, probes, i, query->terms[0].row, diag);
    if (err == W2B_OK) {
        const float weight = query->terms[0].weight;
        probes->inverses[i] *= weight > 0 ? 1 : weight < 0 ? -1 : 0;
    }
    return err;
}

/* A batch of questions on its way through the rows. */
typedef struct nearest_job {
    const w2b_query *queries;
    size_t n;
    w2b_tops tops;
} nearest_job;

static int is_term(const w2b_query *query, uint64_t row)
{
    for (size_t t = 0; t < query->n_terms; t++) {
        if (query->terms[t].row == row) {
            return 1;
        }
    }
    return 0;
}

static void nearest_take(void *user, size_t thread, const w2b_tile *tile)
{
    const nearest_job *const job = user;
    for (size_t p = 0; p < tile->n_probes; p++) {
        const size_t i = tile->probe + p;
        w2b_top *const top = w2b_tops_at(&job->tops, thread, i);
        const float *const cosines = tile->cosines + p * tile->stride;
        for (size_t g = 0; g < tile->groups * W2B_GROUP; g += W2B_GROUP) {
            if (!w2b_group_reaches(cosines + g, top->floor)) {
                continue;
            }
            for (size_t j = g; j < g + W2B_GROUP; j++) {
                if (!(cosines[j] >= top->floor)) {
                    continue;
                }
                const uint64_t row = w2b_tile_row(tile, j);
                if (!is_term(&job->queries[i], row)) {
                    w2b_top_offer(top, row, cosines[j]);
                }
            }
        }
    }
}

w2b_err w2b_search_nearest(w2b_search *search, const w2b_query *queries, size_t n, size_t k,
                           w2b_hit *hits, size_t *found, w2b_diag *diag)
{
    /* Checked before anything is written to the outputs. */
    int as_codes = 1;
    for (size_t i = 0; i < n; i++) {
        const w2b_err err = query_check(search, &queries[i], diag);
        if (err != W2B_OK) {
            return err;
        }
        as_codes &= is_single(&queries[i]);
    }
    const size_t kept = k < search->passing ? k : (size_t)search->passing;
    if (n == 0 || kept == 0) {
        memset(found, 0, n * sizeof *found);
        return W2B_OK;
    }
    size_t batch = w2b_probes_limit(search);
    const size_t limit = w2b_tops_limit(search->threads, kept);
    batch = limit < batch ? limit : batch;
    batch = n < batch ? n : batch;

    nearest_job job = {0};
    w2b_probes probes = {0};
    w2b_err err = W2B_OK;
    if (w2b_tops_make(&job.tops, search->threads, batch, kept) != 0 ||
        w2b_probes_make(&probes, search, batch, as_codes) != 0) {
        err = w2b_fail_memory(diag, batch * kept * sizeof *hits, "the answers of a search");
        goto done;
    }
    for (size_t at = 0; at < n; at += batch) {
        job.queries = queries + at;
        job.n = n - at < batch ? n - at : batch;
        for (size_t i = 0; i < job.n; i++) {
            err = query_probe(search, &probes, i, &job.queries[i], diag);
            if (err != W2B_OK) {
                goto done;
            }
        }
        err = w2b_search_scan(search, &probes, job.n, &job.tops, nearest_take, &job, diag);
        if (err != W2B_OK) {
            goto done;
        }
        for (size_t i = 0; i < job.n; i++) {
            found[at + i] = w2b_tops_take(&job.tops, i, hits + (at + i) * k);
        }
        w2b_tops_clear(&job.tops);
    }
done:
    w2b_probes_free(&probes);
    w2b_tops_free(&job.tops);
    return err;
}

/* ----- Similarities ------------------------------------------------------- */

w2b_err w2b_search_similarity(w2b_search *search, const uint64_t *a, const uint64_t *b, size_t n,
                              float *cosines, w2b_diag *diag)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i] >= search->words || b[i] >= search->words) {
            return w2b_fail(diag, W2B_ERR_ARGUMENT, "row %llu of a pair is not in the model",
                            (unsigned long long)(a[i] >= search->words ? a[i] : b[i]));
        }
    }
    w2b_probes pair;
    float *const results = w2b_alloc(n, sizeof *results);
    w2b_err err = W2B_OK;
    if (w2b_probes_make(&pair, search, 2, 1) != 0 || results == NULL) {
        err = w2b_fail_memory(diag, n * sizeof *results, "similarities");
    }
    for (size_t i = 0; err == W2B_OK && i < n; i++) {
        err = w2b_probes_row(search, &pair, 0, a[i], diag);
        if (err == W2B_OK) {
            err = w2b_probes_row(search, &pair, 1, b[i], diag);
        }
        if (err == W2B_OK) {
            results[i] = (float)w2b_probes_cosine(search, &pair, 0, 1);
        }
    }
    if (err == W2B_OK && n > 0) {
        memcpy(cosines, results, n * sizeof *cosines);
    }
    w2b_free(results);
    w2b_probes_free(&pair);
    return err;
}
