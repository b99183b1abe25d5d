/*
 * transform_train.c - what a transform code learns from a sample of rows: the
 * basis, the spreads, the tables, and the step that makes rows as long as
 * wanted. See transform.c.
 */
#include <math.h> /* sqrt alone: exact by IEEE 754 */
#include <string.h>

#include "quant/dense.h"
#include "quant/linalg.h"
#include "quant/num.h"
#include "quant/scan.h"
#include "quant/transform.h"

#define LN2 0.6931471805599453

#define TRIAL_ROWS 1536 /* that a step is tried on */
#define STRETCH 256     /* rows that the covariance takes at a time: second cache */
#define MIXTURE_ROUNDS 4

/* The step is halved in from OCTAVES; then, tables having settled, once more
 * from a half octave, and the last turns leave the tables as they are. */
#define COARSE_TURNS 10
#define FINE_TURNS 8
#define LAST_TURNS 4
#define OCTAVES 32

/* Components that spread less than this part of the first are not coded. */
#define SPREAD_LEAST 1e-7

/* How many numbers the tables before any counting are worth. */
#define PRIOR 64.0

/* A block's own bytes, which so many rows share. */
#define BLOCK_BYTES 4.0
#define BLOCK_ROWS 256.0

/* A number of class 0. */
#define NOT_CODED UINT16_MAX

typedef struct job {
    w2b_code *code;
    const w2b_lesson *lesson;
    uint8_t *params;
    w2b_transform *t;
    double *square;    /* [dim][dim] */
    double *values;    /* [dim] */
    double *work;      /* [dim] */
    double *spread;    /* [dim] of the components over the gains */
    double *gain;      /* [n] squared */
    double *prior;     /* [classes][2][symbols] */
    double *extra;     /* [TRIAL_ROWS] bits that no table has */
    float *y;          /* [n][dim] the sample in components */
    uint16_t *symbols; /* [TRIAL_ROWS][dim] places in `prior` */
    uint8_t *gains;    /* [TRIAL_ROWS] */
    size_t trials;
} job;

/* Hands out the room, or measures it from NULL. */
static size_t share_out(job *j, uint8_t *base, size_t dim, size_t n)
{
    const size_t sizes[] = {
        dim * dim * sizeof(double),
        dim * sizeof(double),
        dim * sizeof(double),
        dim * sizeof(double),
        n * sizeof(double),
        sizeof j->t->rates.bits / sizeof(float) * sizeof(double),
        TRIAL_ROWS * sizeof(double),
        n * dim * sizeof(float),
        TRIAL_ROWS * dim * sizeof(uint16_t),
        TRIAL_ROWS,
    };
    size_t at[sizeof sizes / sizeof *sizes + 1] = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        at[i + 1] = at[i] + (sizes[i] + 63) / 64 * 64;
    if (base) {
        j->square = (double *)(void *)(base + at[0]);
        j->values = (double *)(void *)(base + at[1]);
        j->work = (double *)(void *)(base + at[2]);
        j->spread = (double *)(void *)(base + at[3]);
        j->gain = (double *)(void *)(base + at[4]);
        j->prior = (double *)(void *)(base + at[5]);
        j->extra = (double *)(void *)(base + at[6]);
        j->y = (float *)(void *)(base + at[7]);
        j->symbols = (uint16_t *)(void *)(base + at[8]);
        j->gains = base + at[9];
    }
    return at[sizeof sizes / sizeof *sizes];
}

size_t w2b_transform_train_room(const w2b_code *code, size_t n)
{
    return share_out(NULL, NULL, code->dim, n);
}

/* ----- The basis ---------------------------------------------------------- */

/* Rows count by |x|^(-2 * 7/8): that is how the step goes by the gain, and
 * principal components minimise the error that is left at the same bits. */
static void weigh_rows(job *j)
{
    const size_t dim = j->code->dim, n = j->lesson->n;
    for (size_t r = 0; r < n; r++) {
        const float *x = j->lesson->rows + r * dim;
        double square = 0;
        for (size_t i = 0; i < dim; i++)
            square += (double)x[i] * x[i];
        j->gain[r] = square > 0 ? w2b_exp(w2b_log(square) * (-W2B_GAIN_WIDEN / 8.0)) : 0;
    }
}

static void add_stretch(job *j, size_t first, size_t end)
{
    const size_t dim = j->code->dim;
    const w2b_dense *dense = w2b_dense_best();
#pragma omp parallel for num_threads(j->lesson->threads) schedule(dynamic, 8)
    for (size_t i = 0; i < dim; i++)
        dense->add_products(j->square + i * dim, i, dim, j->lesson->rows + first * dim, dim,
                            end - first, j->gain + first);
}

static void find_basis(job *j)
{
    const size_t dim = j->code->dim, n = j->lesson->n;
    weigh_rows(j);
    memset(j->square, 0, dim * dim * sizeof *j->square);
    for (size_t first = 0; first < n; first += STRETCH)
        add_stretch(j, first, n - first < STRETCH ? n : first + STRETCH);
    w2b_mirror_upper(j->square, dim);
    if (w2b_eigen(j->square, dim, j->values, j->work)) {
        /* Any basis makes a code that can be read. */
        memset(j->square, 0, dim * dim * sizeof *j->square);
        for (size_t i = 0; i < dim; i++)
            j->square[i * dim + i] = 1;
    }
    w2b_transform_write_basis(j->code, j->params, j->square, j->work);
    w2b_transform_read_basis(j->code, j->params);
#pragma omp parallel for num_threads(j->lesson->threads) schedule(static)
    for (size_t r = 0; r < n; r++)
        w2b_transform_turn(j->t, j->t->basis, j->lesson->rows + r * dim, j->y + r * dim);
}

/* ----- Gains and spreads -------------------------------------------------- */

static void spreads_from_gains(job *j)
{
    const size_t dim = j->code->dim, n = j->lesson->n;
    double largest = 0;
    memset(j->spread, 0, dim * sizeof *j->spread);
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < dim && j->gain[r] > 0; i++)
            j->spread[i] += (double)j->y[r * dim + i] * j->y[r * dim + i] / j->gain[r];
    for (size_t i = 0; i < dim; i++)
        largest = j->spread[i] > largest ? j->spread[i] : largest;
    for (size_t i = 0; i < dim; i++)
        if (!(j->spread[i] > largest * (SPREAD_LEAST * SPREAD_LEAST)))
            j->spread[i] = 0;
}

static void gains_from_spreads(job *j)
{
    const size_t dim = j->code->dim, n = j->lesson->n;
    for (size_t r = 0; r < n; r++) {
        double sum = 0;
        for (size_t i = 0; i < dim; i++)
            if (j->spread[i] > 0)
                sum += (double)j->y[r * dim + i] * j->y[r * dim + i] / j->spread[i];
        j->gain[r] = sum;
    }
}

/* Rows as normal vectors of one covariance times a gain each: the two in turn,
 * the mean of log gains being 0 in the end. */
static void find_spreads(job *j)
{
    const size_t dim = j->code->dim, n = j->lesson->n;
    size_t active = 0, rows = 0;
    for (size_t r = 0; r < n; r++)
        j->gain[r] = j->gain[r] > 0 ? w2b_exp(w2b_log(j->gain[r]) * (-8.0 / W2B_GAIN_WIDEN)) : 0;
    for (int round = 0; round < MIXTURE_ROUNDS; round++) {
        spreads_from_gains(j);
        gains_from_spreads(j);
    }
    double logs = 0;
    for (size_t r = 0; r < n; r++) {
        logs += j->gain[r] > 0 ? w2b_log(j->gain[r]) : 0;
        rows += j->gain[r] > 0;
    }
    for (size_t i = 0; i < dim; i++)
        active += j->spread[i] > 0;
    /* gain is yet a sum over active components */
    const double typical = rows > 0 ? w2b_exp(logs / (double)rows) / (double)active : 0;
    for (size_t i = 0; i < dim; i++)
        j->spread[i] = sqrt(j->spread[i] * typical);
}

/* ----- Tables ------------------------------------------------------------- */

/* What a normal distribution of class c has between low and high. */
static double mass(unsigned c, double low, double high, int points)
{
    const double spread = w2b_exp(((int)c - W2B_CLASS_UNIT) * (LN2 / 4));
    const double gap = (high - low) / points;
    double sum = 0;
    for (int i = 0; i < points; i++) {
        const double x = (low + (i + 0.5) * gap) / spread;
        sum += w2b_exp(-0.5 * x * x);
    }
    return sum * gap / spread * 0.7978845608;
}

static void fill_prior(job *j)
{
    double *p = j->prior;
    for (unsigned c = 0; c < W2B_CLASSES; c++) {
        const unsigned shift = w2b_class_shift(c);
        for (unsigned q = 0; q < 2; q++) {
            for (unsigned symbol = 0; symbol < W2B_RANK_ESCAPE; symbol++, p++) {
                const unsigned low = symbol << shift, high = (symbol + 1) << shift;
                const double from = low > 0 ? w2b_rank_value(q, low) - 1 : 0;
                const double to = low == 0 && shift == 0 ? 1.0 : w2b_rank_value(q, high) - 1;
                *p = PRIOR * mass(c, from, to, 16);
            }
            *p++ = PRIOR / 4096;
        }
    }
}

/* ----- The step ----------------------------------------------------------- */

/* A row in symbols of tables, as squeezing it would need them. Returns the
 * bits besides. */
static double count_row(const w2b_transform *t, const int16_t *values, int gain,
                        uint16_t *symbols)
{
    unsigned state = 0, extra = 0;
    for (uint32_t i = 0; i < t->dim; i++) {
        const unsigned class = gain > 0 ? w2b_transform_class(t, i, gain) : 0;
        symbols[i] = NOT_CODED;
        if (class == 0)
            continue;
        const unsigned q = w2b_trellis_quantizer(state), shift = w2b_class_shift(class);
        const unsigned rank = w2b_rank_of(q, values[i] < 0 ? -values[i] : values[i]);
        unsigned symbol = rank >> shift;
        extra += shift + (rank > 0);
        if (symbol >= W2B_RANK_ESCAPE) {
            extra += 5 + w2b_escape_length(symbol - W2B_RANK_ESCAPE);
            symbol = W2B_RANK_ESCAPE;
        }
        symbols[i] = (uint16_t)((class * 2 + q) * W2B_RANK_SYMBOLS + symbol);
        state = w2b_trellis_next(state, rank);
    }
    return extra;
}

static void set_step(job *j, double step)
{
    w2b_transform *t = j->t;
    t->step = (float)step;
    for (uint32_t i = 0; i < t->dim; i++) {
        const double place = j->spread[i] > 0 ? 32 / LN2 * w2b_log(j->spread[i] / step) : 0;
        const int rounded = (int)(place < 0 ? place - 0.5 : place + 0.5);
        t->spread[i] = (int16_t)(j->spread[i] > 0 ? rounded : W2B_SPREAD_NONE);
        if (j->spread[i] > 0 && rounded < -W2B_SPREAD_MOST)
            t->spread[i] = -W2B_SPREAD_MOST;
        if (j->spread[i] > 0 && rounded > W2B_SPREAD_MOST)
            t->spread[i] = W2B_SPREAD_MOST;
    }
    w2b_transform_weights(t);
}

/* Quantizes the trial rows; whatever is summed is summed later, in their order. */
static void try_rows(job *j)
{
    const size_t dim = j->code->dim, n = j->lesson->n;
#pragma omp parallel for num_threads(j->lesson->threads) schedule(static)
    for (size_t i = 0; i < j->trials; i++) {
        float y[W2B_TRANSFORM_DIM];
        int16_t values[W2B_TRANSFORM_DIM];
        memcpy(y, j->y + i * n / j->trials * dim, dim * sizeof *y);
        const int gain = w2b_transform_quantize(j->t, y, values);
        j->gains[i] = (uint8_t)gain;
        j->extra[i] = count_row(j->t, values, gain, j->symbols + i * dim);
    }
}

/* Tables of the gains of the trial rows. */
static void fit_gains(job *j)
{
    uint64_t high[W2B_RANS_SYMBOLS] = {0}, low[W2B_GAINS / 8][W2B_RANS_SYMBOLS] = {{0}};
    for (size_t i = 0; i < j->trials; i++) {
        high[j->gains[i] / 8]++;
        low[j->gains[i] / 8][j->gains[i] % 8]++;
    }
    w2b_rans_fit(&j->t->gain_high, high);
    for (int i = 0; i < W2B_GAINS / 8; i++)
        w2b_rans_fit(&j->t->gain_low[i], low[i]);
}

static double gain_bits(const job *j)
{
    double bits = 0;
    for (size_t i = 0; i < j->trials; i++) {
        const uint16_t *high = j->t->gain_high.begin + j->gains[i] / 8;
        const uint16_t *low = j->t->gain_low[j->gains[i] / 8].begin + j->gains[i] % 8;
        bits += 2 * W2B_RANS_BITS -
                (w2b_log(high[1] - high[0]) + w2b_log(low[1] - low[0])) / LN2;
    }
    return bits;
}

/* Bytes a row at the present step. `learn` fits the tables to what came. */
static double try_step(job *j, double step, int learn)
{
    const size_t tables = (size_t)W2B_CLASSES * 2, symbols = W2B_RANK_SYMBOLS;
    const float *rates = &j->t->rates.bits[0][0][0];
    uint64_t counts[W2B_CLASSES * 2 * W2B_RANK_SYMBOLS] = {0};
    double bits = 0;
    set_step(j, step);
    try_rows(j);
    for (size_t i = 0; i < j->trials; i++) {
        bits += j->extra[i];
        for (size_t k = 0; k < j->code->dim; k++)
            if (j->symbols[i * j->code->dim + k] != NOT_CODED)
                counts[j->symbols[i * j->code->dim + k]]++;
    }
    for (size_t i = 0; i < tables * symbols; i++)
        bits += (double)counts[i] * rates[i];
    if (learn) {
        for (size_t i = 0; i < tables * symbols; i++)
            counts[i] = counts[i] * 1024 + (uint64_t)(1024 * j->prior[i]);
        for (size_t i = 0; i < tables; i++)
            w2b_rans_fit(&j->t->ranks[i / 2][i % 2], counts + i * symbols);
        w2b_transform_rates(j->t);
        fit_gains(j);
    }
    bits += gain_bits(j);
    return bits / 8 / (double)j->trials + BLOCK_BYTES / BLOCK_ROWS;
}

static void first_tables(job *j)
{
    uint64_t counts[W2B_RANK_SYMBOLS];
    for (size_t i = 0; i < (size_t)W2B_CLASSES * 2; i++) {
        for (size_t k = 0; k < W2B_RANK_SYMBOLS; k++)
            counts[k] = (uint64_t)(1024 * j->prior[i * W2B_RANK_SYMBOLS + k]);
        w2b_rans_fit(&j->t->ranks[i / 2][i % 2], counts);
    }
    w2b_transform_rates(j->t);
    set_step(j, j->spread[0] > 0 ? j->spread[0] : 1);
    try_rows(j);
    fit_gains(j);
}

static void find_step(job *j)
{
    double largest = 0;
    for (size_t i = 0; i < j->code->dim; i++)
        largest = j->spread[i] > largest ? j->spread[i] : largest;
    j->trials = j->lesson->n < TRIAL_ROWS ? j->lesson->n : TRIAL_ROWS;
    fill_prior(j);
    first_tables(j);
    if (!(largest > 0))
        return;
    /* In octaves below the largest spread, from too few bytes to too many. */
    double low = -3, high = OCTAVES;
    for (int turn = 0; turn < COARSE_TURNS + FINE_TURNS; turn++) {
        const double middle = (low + high) / 2;
        const int learn = turn < COARSE_TURNS + FINE_TURNS - LAST_TURNS;
        const double bytes = try_step(j, largest * w2b_exp(-middle * LN2), learn);
        if (bytes < j->code->bytes)
            low = middle;
        else
            high = middle;
        if (turn == COARSE_TURNS - 1 || turn == COARSE_TURNS + FINE_TURNS - LAST_TURNS - 1) {
            const double reach = turn == COARSE_TURNS - 1 ? 0.25 : 0.04;
            low = (low + high) / 2 - reach;
            high = low + 2 * reach;
        }
    }
    j->t->bytes = (float)try_step(j, largest * w2b_exp(-low * LN2), 0);
}

void w2b_transform_train(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room)
{
    job j = {.code = code, .lesson = lesson, .params = params};
    share_out(&j, room, code->dim, lesson->n);
    j.t = w2b_transform_blank(code, params);
    find_basis(&j);
    find_spreads(&j);
    find_step(&j);
    w2b_transform_write(code, params);
}
