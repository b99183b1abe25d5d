/*
 * transform_params.c - the parameters of a transform code: bytes of a file, and
 * what follows from them. See transform.h.
 *
 * An orthonormal basis of d vectors has d (d - 1) / 2 degrees of freedom, half as
 * many as it has numbers; as reflections (linalg.h) it takes little more than
 * those. Directions are rounded to a byte a number, which turns each by some
 * hundredth of its length; the later ones make the best of it, and the
 * basis stays orthonormal. For many bits that would show, and they have two.
 */
#include "quant/transform.h"

#include <math.h> /* fabs alone: exact */
#include <string.h>

#include "quant/linalg.h"
#include "quant/num.h"
#include "quant/scan.h"

#define LN2 0.6931471805599453
#define WIDE_FROM 5 /* bits a number from which directions have two bytes */
#define TABLE_BYTES (2 * (W2B_RANS_SYMBOLS - 1))
#define TABLES (1 + W2B_GAINS / 8 + 2 * W2B_CLASSES)
#define STEP_LEAST 0x1p-80f
#define STEP_MOST 0x1p80f

/* Offsets of the parts. */
enum {
    AT_STEP = 0,
    AT_BYTES = 4,
    AT_TABLES = 8,
    AT_SPREADS = AT_TABLES + TABLES * TABLE_BYTES
};

static size_t direction_bytes(const w2b_code *code)
{
    return code->bits < WIDE_FROM ? 1 : 2;
}

static size_t at_directions(const w2b_code *code)
{
    return AT_SPREADS + 2 * (size_t)code->dim;
}

size_t w2b_transform_size(const w2b_code *code)
{
    const size_t dim = code->dim;
    return at_directions(code) + dim * (dim + 1) / 2 * direction_bytes(code);
}

static size_t aligned(size_t size)
{
    return (size + 63) / 64 * 64;
}

size_t w2b_transform_room(const w2b_code *code)
{
    const size_t dim = code->dim, width = w2b_scan_width(code->dim);
    /* For the reading, a square of doubles lies where the bases come after. */
    const size_t bases = 2 * dim * width * sizeof(float), square = dim * dim * sizeof(double);
    return aligned(w2b_transform_size(code)) + aligned(sizeof(w2b_transform)) + bases + square;
}

w2b_transform *w2b_transform_at(const w2b_code *code, const uint8_t *params)
{
    return (w2b_transform *)(uintptr_t)(params + aligned(w2b_transform_size(code)));
}

w2b_transform *w2b_transform_blank(const w2b_code *code, uint8_t *params)
{
    w2b_transform *t = w2b_transform_at(code, params);
    memset(t, 0, sizeof *t);
    t->dim = code->dim;
    t->width = w2b_scan_width(code->dim);
    t->basis = (float *)(void *)((uint8_t *)t + aligned(sizeof *t));
    t->across = t->basis + code->dim * t->width;
    for (int gain = 1; gain < W2B_GAINS; gain++)
        t->scales[gain] = w2b_half_from_float(
            (float)w2b_exp((gain - W2B_GAIN_UNIT) * W2B_GAIN_WIDEN * (LN2 / 32)));
    return t;
}

/* ----- Numbers ------------------------------------------------------------ */

static int get_16(const uint8_t *p)
{
    return (int16_t)(uint16_t)(p[0] | p[1] << 8);
}

static void put_16(uint8_t *p, int value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)((unsigned)value >> 8);
}

static float get_float(const uint8_t *p)
{
    const uint32_t bits =
        p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void put_float(uint8_t *p, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(bits >> (8 * i));
}

/* ----- Tables ------------------------------------------------------------- */

static w2b_rans_table *table_at(w2b_transform *t, size_t i)
{
    if (i == 0)
        return &t->gain_high;
    if (i <= W2B_GAINS / 8)
        return &t->gain_low[i - 1];
    i -= 1 + W2B_GAINS / 8;
    return &t->ranks[i / 2][i % 2];
}

static void table_read(w2b_rans_table *table, const uint8_t *p)
{
    table->begin[0] = 0;
    table->begin[W2B_RANS_SYMBOLS] = W2B_RANS_TOTAL;
    for (int i = 1; i < W2B_RANS_SYMBOLS; i++)
        table->begin[i] = (uint16_t)get_16(p + 2 * (i - 1));
}

static void table_write(const w2b_rans_table *table, uint8_t *p)
{
    for (int i = 1; i < W2B_RANS_SYMBOLS; i++)
        put_16(p + 2 * (i - 1), table->begin[i]);
}

void w2b_transform_rates(w2b_transform *t)
{
    for (int c = 0; c < W2B_CLASSES; c++) {
        for (int q = 0; q < 2; q++) {
            const uint16_t *begin = t->ranks[c][q].begin;
            for (int i = 0; i < W2B_RANK_SYMBOLS; i++)
                t->rates.bits[c][q][i] =
                    (float)(W2B_RANS_BITS - w2b_log(begin[i + 1] - begin[i]) / LN2);
        }
    }
}

void w2b_transform_weights(w2b_transform *t)
{
    const double per_step = 1 / (double)t->step;
    for (uint32_t i = 0; i < t->dim; i++)
        t->weight[i] = t->spread[i] == W2B_SPREAD_NONE
                           ? 0
                           : w2b_exp(-t->spread[i] * (LN2 / 16)) * (per_step * per_step);
}

/* ----- The whole ---------------------------------------------------------- */

const char *w2b_transform_check(const w2b_code *code)
{
    const uint8_t *params = code->params;
    const float step = get_float(params + AT_STEP), bytes = get_float(params + AT_BYTES);
    if (!(step >= STEP_LEAST && step <= STEP_MOST))
        return "the step of the transform is out of range";
    if (!(bytes >= 0 && bytes <= 16 * W2B_TRANSFORM_DIM))
        return "the size of the transform's rows is out of range";
    for (size_t i = 0; i < TABLES; i++) {
        w2b_rans_table table;
        table_read(&table, params + AT_TABLES + i * TABLE_BYTES);
        if (!w2b_rans_valid(&table))
            return "a table of the transform does not rise";
    }
    for (size_t i = 0; i < code->dim; i++) {
        const int spread = get_16(params + AT_SPREADS + 2 * i);
        if (spread != W2B_SPREAD_NONE && (spread < -W2B_SPREAD_MOST || spread > W2B_SPREAD_MOST))
            return "a spread of the transform is out of range";
    }
    return NULL;
}

void w2b_transform_read_basis(const w2b_code *code, uint8_t *params)
{
    w2b_transform *t = w2b_transform_at(code, params);
    const size_t dim = code->dim, width = t->width, bytes = direction_bytes(code);
    const uint8_t *p = params + at_directions(code);
    double *square = (double *)(void *)(t->across + dim * width);
    for (size_t k = 0; k < dim; k++)
        for (size_t i = k; i < dim; i++, p += bytes)
            square[k * dim + i] = bytes == 1 ? (int8_t)p[0] : get_16(p);
    w2b_reflections(square, dim, dim);
    memset(t->basis, 0, 2 * dim * width * sizeof *t->basis);
    for (size_t k = 0; k < dim; k++) {
        for (size_t i = 0; i < dim; i++) {
            t->basis[k * width + i] = (float)square[k * dim + i];
            t->across[i * width + k] = (float)square[k * dim + i];
        }
    }
}

void w2b_transform_read(const w2b_code *code, uint8_t *params)
{
    w2b_transform *t = w2b_transform_blank(code, params);
    t->step = get_float(params + AT_STEP);
    t->bytes = get_float(params + AT_BYTES);
    for (size_t i = 0; i < TABLES; i++)
        table_read(table_at(t, i), params + AT_TABLES + i * TABLE_BYTES);
    for (size_t i = 0; i < code->dim; i++)
        t->spread[i] = (int16_t)get_16(params + AT_SPREADS + 2 * i);
    w2b_transform_weights(t);
    w2b_transform_rates(t);
    w2b_transform_read_basis(code, params);
}

typedef struct rounding {
    uint8_t *at;
    size_t bytes;
} rounding;

static void round_direction(void *user, double *direction, size_t n)
{
    rounding *r = user;
    const double most = r->bytes == 1 ? INT8_MAX : INT16_MAX;
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fabs(direction[i]) > largest ? fabs(direction[i]) : largest;
    for (size_t i = 0; i < n; i++, r->at += r->bytes) {
        const double scaled = largest > 0 ? direction[i] / largest * most : 0;
        const int value = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        if (r->bytes == 1)
            r->at[0] = (uint8_t)value;
        else
            put_16(r->at, value);
        direction[i] = value;
    }
}

void w2b_transform_write_basis(const w2b_code *code, uint8_t *params, double *vectors,
                               double *work)
{
    rounding r = {params + at_directions(code), direction_bytes(code)};
    w2b_reflections_find(vectors, code->dim, code->dim, work, round_direction, &r);
}

void w2b_transform_write(const w2b_code *code, uint8_t *params)
{
    w2b_transform *t = w2b_transform_at(code, params);
    put_float(params + AT_STEP, t->step);
    put_float(params + AT_BYTES, t->bytes);
    for (size_t i = 0; i < TABLES; i++)
        table_write(table_at(t, i), params + AT_TABLES + i * TABLE_BYTES);
    for (size_t i = 0; i < code->dim; i++)
        put_16(params + AT_SPREADS + 2 * i, t->spread[i]);
}
