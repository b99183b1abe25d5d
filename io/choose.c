/*
 * choose.c - which code to quantize a model with.
 *
 * Rows to learn from and rows to measure with are drawn once for all methods:
 * one at a random place of each of n stretches of rows that are as long as each
 * other, so that frequent and rare words have their share and a file is read
 * from front to back.
 *
 * Where rows are squeezed (transform) the error is the smallest, but a search
 * has to expand them first: that method is for those who ask for it, or for all.
 */
#include <string.h>

#include "io/choose.h"
#include "io/inside.h"
#include "quant/num.h"
#include "quant/scheme.h"

#define MEASURE_ROWS 2000
#define LEARN_STREAM 1
#define MEASURE_STREAM 2

/* Rows to learn from need no more memory than this. */
#define LEARN_BYTES ((size_t)64 << 20)
#define LEARN_ROWS_LEAST 256

/* Parameters are left out where they are more than this part of the codes. */
#define PARAMS_PART 10

/* What a method must gain on one that stands before it in the table. */
#define GAIN 0.99

typedef struct draw {
    float *rows; /* [n][dim] */
    size_t n;
} draw;

typedef struct candidate {
    w2b_code code;
    uint8_t *params;
    double error;
} candidate;

static w2b_err draw_rows(const w2b_model *model, const w2b_wish *wish, uint64_t stream, size_t most,
                         draw *drawn, w2b_diag *diag)
{
    const uint64_t words = wish->rows ? wish->rows : w2b_model_words(model);
    const uint32_t dim = w2b_model_code(model)->dim;
    const size_t n = words < most ? (size_t)words : most;
    drawn->rows = w2b_alloc(n, dim * sizeof *drawn->rows);
    if (!drawn->rows)
        return w2b_fail_memory(diag, n * dim * sizeof *drawn->rows, "a sample of rows");
    w2b_rng rng;
    w2b_rng_seed(&rng, wish->seed, stream);
    w2b_err err = W2B_OK;
    for (size_t i = 0; i < n && !err; i++) {
        const uint64_t begin = i * words / n, end = (i + 1) * words / n;
        const uint64_t row = begin + w2b_rng_below(&rng, (uint32_t)(end - begin));
        err = w2b_model_vector(model, row, drawn->rows + i * dim, diag);
    }
    drawn->n = n;
    return err;
}

/* ----- One candidate ------------------------------------------------------ */

static w2b_err learn(candidate *c, const w2b_wish *wish, const draw *drawn, w2b_diag *diag)
{
    const size_t size = w2b_code_params_room(&c->code);
    const size_t most = w2b_code_sample_rows(&c->code);
    const w2b_lesson lesson = {
        .rows = drawn->rows,
        .n = drawn->n < most ? drawn->n : most,
        .seed = wish->seed,
        .threads = wish->threads,
    };
    const size_t room_size = w2b_code_train_room(&c->code, lesson.n);
    c->params = size ? w2b_alloc_zero(size, 1) : NULL;
    void *room = room_size ? w2b_pages(room_size) : NULL;
    w2b_err err = W2B_OK;
    if ((size && !c->params) || (room_size && !room))
        err = w2b_fail_memory(diag, size + room_size, "learning a code");
    else
        w2b_code_train(&c->code, &lesson, c->params, room);
    if (room)
        w2b_pages_free(room, room_size);
    return err;
}

static double row_error(const w2b_code *code, const float *x, uint8_t *codes, float *y)
{
    uint16_t scale;
    double error = 0;
    w2b_code_encode(code, x, codes, &scale);
    w2b_code_decode(code, codes, scale, y);
    for (uint32_t i = 0; i < code->dim; i++) {
        const double miss = (double)x[i] - y[i];
        error += miss * miss;
    }
    return error;
}

static w2b_err measure(candidate *c, const w2b_wish *wish, const draw *drawn, w2b_diag *diag)
{
    const w2b_code *code = &c->code;
    double *errors = w2b_alloc(drawn->n, sizeof *errors);
    int failed = 0; /* a thread's own begins at 0 */
    if (!errors)
        return w2b_fail_memory(diag, drawn->n * sizeof *errors, "a sample of rows");
    (void)wish; /* which a build without OpenMP has no use for */
#pragma omp parallel num_threads(wish->threads) reduction(| : failed)
    {
        uint8_t *codes = w2b_alloc(code->stride, 1);
        float *y = w2b_alloc(code->dim, sizeof *y);
        failed |= !codes || !y;
#pragma omp for schedule(dynamic, 16)
        for (size_t i = 0; i < drawn->n; i++)
            if (!failed)
                errors[i] = row_error(code, drawn->rows + i * code->dim, codes, y);
        w2b_free(codes);
        w2b_free(y);
    }
    c->error = 0;
    for (size_t i = 0; i < drawn->n && !failed; i++)
        c->error += errors[i];
    w2b_free(errors);
    return failed ? w2b_fail_memory(diag, drawn->n * sizeof *errors, "a sample of rows") : W2B_OK;
}

/* ----- All of them -------------------------------------------------------- */

int w2b_wish_code(const w2b_wish *wish, w2b_method method, uint32_t dim, w2b_code *code)
{
    const int none = !wish->bits ? w2b_code_fit(code, method, wish->bytes, dim)
                                 : w2b_code_init(code, method, wish->bits, dim);
    if (!none && code->bits <= 8)
        code->unit = w2b_code_unit(wish->largest);
    return none;
}

static int is_heavy(const w2b_code *code, uint64_t words)
{
    return (double)w2b_code_params_size(code) * PARAMS_PART > code->bytes * (double)words;
}

/* Whether a method is in question. */
static int is_candidate(const w2b_wish *wish, w2b_method method, const w2b_model *model,
                        w2b_code *code)
{
    if (wish->method)
        return method == *wish->method &&
               w2b_wish_code(wish, method, w2b_model_code(model)->dim, code) == 0;
    return w2b_wish_code(wish, method, w2b_model_code(model)->dim, code) == 0 &&
           (wish->all || code->scheme->has_levels) && !is_heavy(code, w2b_model_words(model));
}

static w2b_err no_such_code(const w2b_wish *wish, w2b_diag *diag)
{
    if (!wish->bits)
        return w2b_fail(diag, W2B_ERR_ARGUMENT, "%u bytes a word are too few for these vectors",
                        wish->bytes);
    return w2b_fail(diag, W2B_ERR_ARGUMENT, "no such combination of bits, method and dimension");
}

static double energy_of(const draw *drawn, uint32_t dim)
{
    double energy = 0;
    for (size_t i = 0; i < drawn->n * dim; i++)
        energy += (double)drawn->rows[i] * drawn->rows[i];
    return energy > 0 ? energy : 1;
}

static void note_trial(w2b_trials *trials, const candidate *c, double energy)
{
    if (trials->n == W2B_TRIALS_MAX)
        return;
    trials->of[trials->n].method = w2b_method_name(c->code.method, c->code.bits);
    trials->of[trials->n++].squared_error = c->error / energy;
}

/* The wished method, or the one of least error: the first among equals. */
static w2b_err best_of(const w2b_model *model, const w2b_wish *wish, const draw *learned,
                       const draw *measured, candidate *best, w2b_trials *trials, w2b_diag *diag)
{
    const double energy = energy_of(measured, w2b_model_code(model)->dim);
    w2b_method method;
    w2b_err err = W2B_OK;
    for (size_t i = 0; !err && w2b_method_at(i, &method) == 0; i++) {
        candidate c = {.params = NULL};
        if (!is_candidate(wish, method, model, &c.code))
            continue;
        err = learn(&c, wish, learned, diag);
        if (!err && !wish->method)
            err = measure(&c, wish, measured, diag);
        if (!err && !wish->method)
            note_trial(trials, &c, energy);
        if (!err && (!best->code.scheme || c.error < best->error * GAIN)) {
            w2b_free(best->params);
            *best = c;
        } else {
            w2b_free(c.params);
        }
    }
    if (!err && !best->code.scheme)
        err = no_such_code(wish, diag);
    return err;
}

/* How many rows the methods in question want to see. */
static size_t rows_to_learn(const w2b_wish *wish, const w2b_model *model)
{
    size_t most = 1, room = LEARN_BYTES / (w2b_model_code(model)->dim * sizeof(float));
    w2b_method method;
    for (size_t i = 0; w2b_method_at(i, &method) == 0; i++) {
        w2b_code code;
        if (!is_candidate(wish, method, model, &code))
            continue;
        const size_t n = w2b_code_sample_rows(&code);
        most = n > most ? n : most;
    }
    room = room > LEARN_ROWS_LEAST ? room : LEARN_ROWS_LEAST;
    return most < room ? most : room;
}

w2b_err w2b_choose(const w2b_model *model, const w2b_wish *wish, w2b_code *code,
                   uint8_t **params, w2b_trials *trials, w2b_diag *diag)
{
    const uint32_t dim = w2b_model_code(model)->dim;
    *params = NULL;
    *trials = (w2b_trials){.n = 0};
    if (wish->bits > 8)
        return w2b_code_init(code, W2B_METHOD_FLOAT, wish->bits, dim) ? no_such_code(wish, diag)
                                                                      : W2B_OK;
    draw learned = {.rows = NULL}, measured = {.rows = NULL};
    candidate best = {.params = NULL};
    w2b_err err =
        draw_rows(model, wish, LEARN_STREAM, rows_to_learn(wish, model), &learned, diag);
    if (!err && !wish->method)
        err = draw_rows(model, wish, MEASURE_STREAM, MEASURE_ROWS, &measured, diag);
    if (!err)
        err = best_of(model, wish, &learned, &measured, &best, trials, diag);
    trials->rows = (uint32_t)measured.n;
    w2b_free(learned.rows);
    w2b_free(measured.rows);
    if (err) {
        w2b_free(best.params);
        return err;
    }
    *code = best.code;
    *params = best.params;
    return W2B_OK;
}

/* ----- Rows to keep ------------------------------------------------------- */

/* What is lost of a normal distribution at 1 to 8 bits, about: what any method
 * loses falls alike. */
static const double lost[] = {1, .363, .117, .0345, .0095, .0025, .00066, .00018, .000088};

static w2b_err weights_of(const w2b_model *model, double *below, w2b_diag *diag)
{
    const uint64_t words = w2b_model_words(model);
    const int counted = w2b_model_has_counts(model);
    w2b_err err = W2B_OK;
    below[0] = 0;
    for (uint64_t row = 0; row < words && !err; row++) {
        uint64_t count = 0;
        if (counted)
            err = w2b_model_count_at(model, row, &count, diag);
        below[row + 1] = below[row] + (counted ? (double)count : 1.0 / (double)(row + 1));
    }
    return err;
}

w2b_err w2b_wish_prune(const w2b_model *model, w2b_wish *wish, w2b_diag *diag)
{
    const uint64_t words = w2b_model_words(model);
    const double budget = (double)wish->bytes * (double)words;
    double *below = w2b_alloc((size_t)words + 1, sizeof *below);
    if (!below)
        return w2b_fail_memory(diag, (words + 1) * sizeof *below, "the weights of words");
    const w2b_err err = weights_of(model, below, diag);
    double most = -1;
    for (uint32_t bits = 8; bits >= 1 && !err; bits--) {
        w2b_code code;
        if (w2b_code_init(&code, W2B_METHOD_GAUSS, bits, w2b_model_code(model)->dim) != 0)
            continue;
        const double can = budget / code.bytes;
        const uint64_t kept = can < (double)words ? (uint64_t)can : words;
        if (kept > 0 && below[kept] * (1 - lost[bits]) > most) {
            most = below[kept] * (1 - lost[bits]);
            wish->rows = kept;
            wish->bytes = (uint32_t)(budget / (double)kept);
        }
    }
    w2b_free(below);
    if (!err && most < 0)
        return no_such_code(wish, diag);
    return err;
}
