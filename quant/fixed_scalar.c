/*
 * fixed_scalar.c - training kernels in plain C: the specification.
 *
 * Sums wrap around as those of vector instructions do; the trainer sees to it that
 * they cannot come so far (see word2bits/round.c). What is done in floats is rounded
 * as vector instructions round it.
 */
#include <math.h>
#include <string.h>

#include "quant/fixed_tables.h"

enum { PANEL = W2B_FIXED_PANEL };

/* Place of a column within a woven row. */
static size_t woven(size_t column)
{
    return (column & 4) * 4 + column / 8 * 4 + column % 4;
}

/* sum + the product of two pairs */
static int32_t pair_add(int32_t sum, int32_t a, int32_t b)
{
    const int32_t low = (int16_t)a * (int16_t)b;
    const int32_t high = (a >> 16) * (b >> 16);
    return (int32_t)((uint32_t)sum + (uint32_t)low + (uint32_t)high);
}

static int32_t pair_of(int16_t low, int16_t high)
{
    return (int32_t)((uint32_t)(uint16_t)low | (uint32_t)(uint16_t)high << 16);
}

/* The pair of columns 2 p and 2 p + 1 of a row. */
static int32_t pair_at(const int16_t *row, size_t p)
{
    return pair_of(row[2 * p], row[2 * p + 1]);
}

/* The nearest whole number, ties to even, cut off to 16 bits. */
static int16_t nearest(float x)
{
    const float magic = 12582912.0f; /* 1.5 * 2^23: nothing behind the point */
    x = x > -32768.0f ? x : -32768.0f;
    x = x < 32767.0f ? x : 32767.0f;
    const volatile float moved = x + magic;
    return (int16_t)(moved - magic);
}

/* ----- Floats --------------------------------------------------------------- */

/* a * b + c, rounded once. In double the product is exact; rounding the sum to
 * odd there (Boldo and Melquiond 2008) makes the second rounding, to float,
 * harmless. libm's fmaf would do, but costs a call into an emulation. */
static float fma_once(float a, float b, float c)
{
#ifdef FP_FAST_FMAF
    return fmaf(a, b, c);
#else
    const double product = (double)a * b;
    double sum = product + c;
    const double c_part = sum - product;
    const double error = (product - (sum - c_part)) + (c - c_part);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if (error != 0 && !(bits & 1)) {
        bits += ((error > 0) == (sum > 0)) ? 1 : (uint64_t)-1;
        memcpy(&sum, &bits, sizeof bits);
    }
    return (float)sum;
#endif
}

/* exp(x) as 2^n * p(r), |r| <= ln(2)/2; p is the Taylor polynomial of degree 6
 * (relative error 2e-7). Beyond +-80 the sigmoid is 0 or 1 in floats. */
static float sigmoid(float x)
{
    x = x > -80.0f ? x : -80.0f;
    x = x < 80.0f ? x : 80.0f;
    const float n = floorf(fma_once(-x, W2B_FIXED_LOG2E, 0.5f));
    float r = fma_once(n, -W2B_FIXED_LN2_HIGH, -x);
    r = fma_once(n, -W2B_FIXED_LN2_LOW, r);
    float p = W2B_FIXED_EXP6;
    p = fma_once(p, r, W2B_FIXED_EXP5);
    p = fma_once(p, r, W2B_FIXED_EXP4);
    p = fma_once(p, r, W2B_FIXED_EXP3);
    p = fma_once(p, r, W2B_FIXED_EXP2);
    p = fma_once(p, r, 1.0f);
    p = fma_once(p, r, 1.0f);
    const uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return 1.0f / fma_once(p, power, 1.0f);
}

/* ----- Rows ----------------------------------------------------------------- */

static int quantized(w2b_fixed_quant quant, int16_t x)
{
    /* rounds down: every compiler shifts negative numbers so */
    const int odd = x >> quant.shift | 1;
    return odd > quant.most ? quant.most : odd < -quant.most ? -quant.most : odd;
}

static void quantize(w2b_fixed_quant quant, const w2b_fixed_rows *rows, size_t live, int running,
                     int16_t *out)
{
    for (size_t c = 0; c < PANEL; c++) {
        int16_t sum = 0;
        for (size_t i = 0; i < rows->n; i++) {
            const int16_t x = rows->latents[rows->rows[i] * rows->apart + c];
            const int value = c < live ? quantized(quant, x) : 0;
            sum = (int16_t)(running ? sum + value : value);
            out[i * PANEL + c] = sum;
        }
    }
}

static void windows(const int16_t *sums, const w2b_fixed_window *windows, size_t n, int16_t *out)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < PANEL; c++) {
            const int16_t *at = sums + c;
            const uint32_t skip = windows[i].skip;
            const size_t own_at = skip == W2B_FIXED_SKIPS_NONE ? 0 : (size_t)skip * PANEL;
            const int own = skip == W2B_FIXED_SKIPS_NONE ? 0 : at[own_at + PANEL] - at[own_at];
            out[i * PANEL + c] = (int16_t)(at[(size_t)windows[i].end * PANEL] -
                                           at[(size_t)windows[i].first * PANEL] - own);
        }
}

/* ----- Products ------------------------------------------------------------- */

static void weave(const int16_t *rows, size_t n, int32_t *out)
{
    for (size_t k = 0; k < n; k++)
        for (size_t c = 0; c < PANEL; c++)
            out[k * PANEL + woven(c)] =
                pair_of(rows[2 * k * PANEL + c], rows[(2 * k + 1) * PANEL + c]);
}

static void transpose(const int16_t *rows, int32_t *out)
{
    for (size_t j = 0; j < 16; j++)
        for (size_t i = 0; i < 16; i++) out[j * 16 + i] = pair_at(rows + i * PANEL, j);
}

static void dots(const int16_t *a, const int16_t *b, size_t n, int32_t *out, int add)
{
    for (size_t p = 0; p < n * PANEL / 2; p++)
        out[p] = pair_add(add ? out[p] : 0, pair_at(a, p), pair_at(b, p));
}

static void sums(const int32_t *x, size_t n, int32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t sum = 0;
        for (size_t k = 0; k < 16; k++) sum += (uint32_t)x[16 * i + k];
        out[i] = (int32_t)sum;
    }
}

static void scores(const int16_t *rows, size_t n, const int32_t *b, int32_t *out, int add)
{
    for (size_t y = 0; y < n; y++)
        for (size_t i = 0; i < 16; i++) {
            int32_t sum = add ? out[y * 16 + i] : 0;
            for (size_t j = 0; j < 16; j++)
                sum = pair_add(sum, pair_at(rows + y * PANEL, j), b[j * 16 + i]);
            out[y * 16 + i] = sum;
        }
}

static void gather(const int32_t *diagonal, const int32_t *paired, const int32_t *g,
                   const int32_t *rows, size_t pairs, int32_t *out)
{
    for (size_t i = 0; i < 16; i++)
        for (size_t d = 0; d < PANEL; d++) {
            int32_t sum = diagonal ? pair_add(0, diagonal[i], paired[i / 2 * PANEL + d]) : 0;
            for (size_t p = 0; p < pairs; p++)
                sum = pair_add(sum, g[p * 16 + i], rows[p * PANEL + d]);
            out[i * PANEL + d] = sum;
        }
}

/* ----- Updates -------------------------------------------------------------- */

/* Moves panel p of row i by woven sums. */
static void move(const int32_t sums[PANEL], const w2b_fixed_rows *to, size_t i, size_t p)
{
    const float *noise = to->noise + w2b_fixed_noise_at(to, i, p);
    const float scale = to->steps[i].scale;
    int16_t *latent = to->latents + to->rows[i] * to->apart + p * PANEL;
    for (size_t c = 0; c < PANEL; c++) {
        const size_t d = woven(c);
        const int32_t moved = latent[c] + nearest(fma_once((float)sums[d], scale, noise[d]));
        latent[c] = (int16_t)(moved > INT16_MAX   ? INT16_MAX
                              : moved < INT16_MIN ? INT16_MIN
                                                  : moved);
    }
}

static void spread(const int16_t *g, size_t pairs, const int32_t *rows, size_t stride,
                   const w2b_fixed_rows *to)
{
    for (size_t y = 0; y < to->n; y++)
        for (size_t p = 0; p < to->panels; p++) {
            int32_t sums[PANEL] = {0};
            for (size_t k = 0; k < pairs; k++)
                for (size_t d = 0; d < PANEL; d++)
                    sums[d] = pair_add(sums[d], pair_at(g, y * pairs + k),
                                       rows[p * stride + k * PANEL + d]);
            move(sums, to, y, p);
        }
}

static void spread_own(const int32_t *g, const int32_t *rows, size_t stride,
                       const w2b_fixed_rows *to)
{
    for (size_t y = 0; y < to->n; y++)
        for (size_t p = 0; p < to->panels; p++) {
            int32_t sums[PANEL];
            for (size_t d = 0; d < PANEL; d++)
                sums[d] = pair_add(0, g[y], rows[p * stride + y / 2 * PANEL + d]);
            move(sums, to, y, p);
        }
}

/* sums += sign * some rows */
static void add_rows(int32_t sums[PANEL], const int32_t *rows, const uint8_t *which, size_t n,
                     uint32_t sign)
{
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < PANEL; d++)
            sums[d] = (int32_t)((uint32_t)sums[d] + sign * (uint32_t)rows[which[i] * PANEL + d]);
}

static void contexts(const int32_t *rows, const w2b_fixed_spans *spans, const w2b_fixed_rows *to)
{
    for (size_t q = 0; q < to->n; q++) {
        int32_t sums[PANEL] = {0};
        add_rows(sums, rows, spans->by_begin, spans->begun[q], 1);
        add_rows(sums, rows, spans->by_end, spans->ended[q], UINT32_MAX);
        add_rows(sums, rows, spans->own + q, spans->own[q] != W2B_FIXED_NONE, UINT32_MAX);
        move(sums, to, q, 0);
    }
}

/* ----- Errors --------------------------------------------------------------- */

static void errors(const int32_t *partials, size_t parts, size_t stride, const float by[16],
                   const float *want, const float *mass, float *s, float *error, size_t n)
{
    for (size_t i = 0; i < 16 * n; i++) {
        uint32_t sum = 0;
        for (size_t k = 0; k < parts; k++) sum += (uint32_t)partials[k * stride + i];
        s[i] = by[i % 16] * (float)(int32_t)sum;
        error[i] = fma_once(-mass[i], sigmoid(s[i]), want[i]);
    }
}

static void round_rows(const float *x, const float by[16], int16_t *out, size_t row_stride,
                       size_t n)
{
    for (size_t i = 0; i < 16 * n; i++)
        out[i / 16 * row_stride + i % 16] = nearest(x[i] * by[i % 16]);
}

const w2b_fixed_kern w2b_fixed_scalar = {
    .isa = W2B_ISA_SCALAR,
    .quantize = quantize,
    .windows = windows,
    .weave = weave,
    .transpose = transpose,
    .dots = dots,
    .sums = sums,
    .scores = scores,
    .gather = gather,
    .spread = spread,
    .spread_own = spread_own,
    .contexts = contexts,
    .errors = errors,
    .round = round_rows,
};
