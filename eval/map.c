/*
 * map.c - a map: neighbours, principal components, t-SNE.
 */
#include "eval/map.h"

#include <math.h>
#include <string.h>

#include "eval/pca.h"
#include "eval/tsne.h"
#include "quant/num.h"

#define WORDS_MAX 100000
#define NEIGHBORS_MAX 100
#define ITERATIONS_MAX 100000
#define THREADS_MAX 1024

/* Below this t-SNE has nothing to do. */
#define WORDS_TO_LAY_OUT 4

/* Questions that a search is asked at a time. */
#define QUERIES_AT_ONCE 1024

void w2b_map_defaults(w2b_map_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->words = 2000;
    options->neighbors = 10;
    options->perplexity = 30;
    options->iterations = 750;
    options->seed = 1;
    options->isa = W2B_ISA_AUTO;
}

static w2b_err options_check(const w2b_map_options *o, w2b_diag *diag)
{
    if (o->words < 1 || o->words > WORDS_MAX) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "a map has 1 to %d words, not %llu", WORDS_MAX,
                        (unsigned long long)o->words);
    }
    if (o->neighbors > NEIGHBORS_MAX) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "a map keeps at most %d neighbors of a word",
                        NEIGHBORS_MAX);
    }
    if (!(o->perplexity >= 2 && o->perplexity <= 100)) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "the perplexity of a map is 2 to 100");
    }
    if (o->iterations > ITERATIONS_MAX) {
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "a map takes at most %d iterations",
                        ITERATIONS_MAX);
    }
    return W2B_OK;
}

void w2b_map_free(w2b_map *map)
{
    if (map != NULL) {
        w2b_free(map->xy);
        w2b_free(map->hits);
        w2b_free(map->found);
        w2b_free(map);
    }
}

static w2b_map *map_make(const w2b_model *model, const w2b_map_options *o)
{
    w2b_map *const map = w2b_alloc_zero(1, sizeof *map);
    if (map == NULL) {
        return NULL;
    }
    const uint64_t words = w2b_model_words(model);
    map->model = model;
    map->n = (size_t)(o->words < words ? o->words : words);
    map->k = o->neighbors < map->n ? o->neighbors : map->n - 1;
    map->xy = w2b_alloc_zero(map->n, sizeof *map->xy);
    map->hits = w2b_alloc(map->n * map->k, sizeof *map->hits);
    map->found = w2b_alloc_zero(map->n, sizeof *map->found);
    if (map->xy == NULL || map->hits == NULL || map->found == NULL) {
        w2b_map_free(map);
        return NULL;
    }
    return map;
}

/* ----- Neighbours --------------------------------------------------------- */

static void near_free(w2b_near *near)
{
    w2b_free(near->rows);
    w2b_free(near->cosines);
}

/* Asks for the neighbours of some rows, keeping the first ones for the map. */
static w2b_err near_ask(w2b_search *search, w2b_map *map, w2b_near *near, size_t first, size_t n,
                        w2b_hit *hits, w2b_diag *diag)
{
    w2b_term terms[QUERIES_AT_ONCE];
    w2b_query queries[QUERIES_AT_ONCE];
    size_t found[QUERIES_AT_ONCE];
    if (n == 0) {
        return W2B_OK;
    }
    for (size_t i = 0; i < n; i++) {
        terms[i] = (w2b_term){first + i, 1};
        queries[i] = (w2b_query){.terms = &terms[i], .n_terms = 1};
    }
    const w2b_err err = w2b_search_nearest(search, queries, n, near->k, hits, found, diag);
    for (size_t i = 0; err == W2B_OK && i < n; i++) {
        const w2b_hit *const from = hits + i * near->k;
        const size_t row = first + i;
        for (size_t j = 0; j < near->k; j++) {
            near->rows[row * near->k + j] = (uint32_t)from[j].row;
            near->cosines[row * near->k + j] = from[j].score;
        }
        map->found[row] = (uint32_t)(found[i] < map->k ? found[i] : map->k);
        memcpy(map->hits + row * map->k, from, map->found[row] * sizeof *from);
    }
    return err;
}

/* The k nearest words of each of the map, at least as many as it keeps. */
static w2b_err near_find(w2b_near *near, w2b_map *map, const w2b_map_options *o,
                         w2b_meter *meter, w2b_diag *diag)
{
    const size_t wanted = (size_t)(3 * o->perplexity), most = map->n - 1;
    *near = (w2b_near){.n = map->n, .k = wanted > map->k ? wanted : map->k};
    near->k = near->k < most ? near->k : most;
    near->rows = w2b_alloc(map->n * near->k, sizeof *near->rows);
    near->cosines = w2b_alloc(map->n * near->k, sizeof *near->cosines);
    w2b_hit *const hits = w2b_alloc(QUERIES_AT_ONCE * near->k, sizeof *hits);
    w2b_search *search = NULL;
    w2b_search_options options;
    w2b_search_defaults(&options);
    options.threads = o->threads;
    options.isa = o->isa;
    options.first = map->n;
    w2b_err err = W2B_OK;
    if (near->rows == NULL || near->cosines == NULL || hits == NULL) {
        err = w2b_fail_memory(diag, map->n * near->k * 8, "neighbours");
    }
    if (err == W2B_OK) {
        err = w2b_search_new(map->model, &options, &search, diag);
    }
    for (size_t at = 0; err == W2B_OK && at < map->n; at += QUERIES_AT_ONCE) {
        const size_t left = map->n - at;
        err = near_ask(search, map, near, at, left < QUERIES_AT_ONCE ? left : QUERIES_AT_ONCE,
                       hits, diag);
        if (err == W2B_OK) {
            err = w2b_meter_tick(meter, 0, o->iterations, diag);
        }
    }
    w2b_search_free(search);
    w2b_free(hits);
    return err;
}

/* ----- Positions ---------------------------------------------------------- */

static w2b_err rows_read(const w2b_map *map, size_t dim, float *rows, w2b_diag *diag)
{
    w2b_err err = W2B_OK;
    for (size_t i = 0; i < map->n && err == W2B_OK; i++) {
        float *const row = rows + i * dim;
        err = w2b_model_vector(map->model, i, row, diag);
        if (err != W2B_OK) {
            break;
        }
        double square = 0;
        for (size_t c = 0; c < dim; c++) {
            square += (double)row[c] * row[c];
        }
        if (!isfinite(square)) {
            return w2b_fail(diag, W2B_ERR_DATA, "the vector of row %zu is not finite", i);
        }
        const double factor = square > 0 ? 1 / sqrt(square) : 0;
        for (size_t c = 0; c < dim; c++) {
            row[c] = (float)(row[c] * factor);
        }
    }
    return err;
}

static w2b_err components_find(const w2b_map *map, const w2b_map_options *o, double (*xy)[2],
                               w2b_diag *diag)
{
    const size_t dim = w2b_model_code(map->model)->dim;
    size_t numbers;
    float *const rows = w2b_mul(map->n, dim, &numbers) == 0 ? w2b_alloc(numbers, sizeof *rows)
                                                            : NULL;
    if (rows == NULL) {
        return w2b_fail_memory(diag, (uint64_t)map->n * dim * sizeof *rows, "the words of a map");
    }
    w2b_err err = rows_read(map, dim, rows, diag);
    if (err == W2B_OK) {
        err = w2b_pca(rows, map->n, dim, o->seed, o->threads, xy, diag);
    }
    w2b_free(rows);
    return err;
}

/* Fits the layout into the square from -1 to 1, in its proportions. */
static void positions_set(w2b_map *map, const double (*xy)[2])
{
    double low[2] = {xy[0][0], xy[0][1]}, high[2] = {xy[0][0], xy[0][1]};
    for (size_t i = 1; i < map->n; i++) {
        for (int c = 0; c < 2; c++) {
            low[c] = xy[i][c] < low[c] ? xy[i][c] : low[c];
            high[c] = xy[i][c] > high[c] ? xy[i][c] : high[c];
        }
    }
    const double wide = (high[0] - low[0]) / 2, tall = (high[1] - low[1]) / 2;
    const double half = wide > tall ? wide : tall;
    for (size_t i = 0; i < map->n; i++) {
        for (int c = 0; c < 2; c++) {
            const double middle = (low[c] + high[c]) / 2;
            map->xy[i][c] = half > 0 ? (float)((xy[i][c] - middle) / half) : 0;
        }
    }
}

static w2b_err map_lay_out(w2b_map *map, const w2b_map_options *o, double (*xy)[2],
                           w2b_diag *diag)
{
    w2b_near near = {0};
    w2b_meter meter;
    w2b_meter_start(&meter, o->progress, o->progress_user, W2B_STAGE_MAP, "steps");
    w2b_err err = near_find(&near, map, o, &meter, diag);
    if (err == W2B_OK) {
        err = components_find(map, o, xy, diag);
    }
    if (err == W2B_OK && map->n >= WORDS_TO_LAY_OUT && o->iterations > 0) {
        const double most = (double)(map->n - 1) / 3;
        const w2b_tsne tsne = {o->perplexity < most ? o->perplexity : most, o->iterations,
                               o->seed, o->threads, &meter};
        err = w2b_tsne_run(&near, &tsne, xy, diag);
    }
    if (err == W2B_OK) {
        err = w2b_meter_finish(&meter, o->iterations, o->iterations, diag);
    }
    near_free(&near);
    return err;
}

w2b_err w2b_map_new(const w2b_model *model, const w2b_map_options *options, w2b_map **map,
                    w2b_diag *diag)
{
    w2b_map_options o;
    w2b_map_defaults(&o);
    if (options != NULL) {
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    }
    w2b_err err = options_check(&o, diag);
    if (err != W2B_OK) {
        return err;
    }
    if (w2b_model_words(model) == 0) {
        return w2b_fail(diag, W2B_ERR_DATA, "the model has no words");
    }
    o.threads = o.threads > 0 ? o.threads : w2b_processors();
    o.threads = o.threads < THREADS_MAX ? o.threads : THREADS_MAX;
    w2b_map *const made = map_make(model, &o);
    double (*const xy)[2] = made != NULL ? w2b_alloc(made->n, sizeof *xy) : NULL;
    if (xy == NULL) {
        err = w2b_fail_memory(diag, o.words * sizeof *xy, "a map");
    } else {
        err = map_lay_out(made, &o, xy, diag);
    }
    if (err == W2B_OK) {
        err = w2b_model_unchanged(model, diag);
    }
    if (err == W2B_OK) {
        positions_set(made, (const double (*)[2])xy);
        *map = made;
    } else {
        w2b_map_free(made);
    }
    w2b_free(xy);
    return err;
}

/* ----- Looking at it ------------------------------------------------------ */

uint64_t w2b_map_size(const w2b_map *map)
{
    return map->n;
}

int w2b_map_at(const w2b_map *map, uint64_t row, float xy[2], const w2b_hit **hits)
{
    if (row >= map->n) {
        return -1;
    }
    xy[0] = map->xy[row][0];
    xy[1] = map->xy[row][1];
    if (hits != NULL) {
        *hits = map->hits + row * map->k;
    }
    return (int)map->found[row];
}
