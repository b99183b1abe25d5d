/*
 * fixed_scalar.c - fixed-point training kernels in plain C: the specification.
 *
 * Sums wrap around as those of vector instructions do; the trainer takes this
 * way only where they cannot come so far (see fixed_round.c).
 */
#include "quant/fixed_tables.h"
#include "quant/step_scalar.h"

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

/* ----- Codes ---------------------------------------------------------------- */

static uint32_t code_of(const w2b_fixed_rule *rule, int16_t x)
{
    const int32_t half = 1 << (rule->bits - 1);
    /* rounds down: every compiler shifts negative numbers so */
    int32_t t = (x >> rule->fraction) + half;
    t = t > 0 ? t : 0;
    return (uint32_t)(t < 2 * half - 1 ? t : 2 * half - 1);
}

static void encode(const w2b_fixed_rule *rule, const int16_t *x, uint32_t *codes)
{
    for (unsigned j = 0; j < rule->bits; j++) {
        uint32_t word = 0;
        for (size_t c = 0; c < PANEL; c++)
            word |= (code_of(rule, x[c]) >> j & 1) << c;
        codes[j] = word;
    }
}

static int odd_number(const uint32_t *codes, unsigned bits, size_t column)
{
    int value = 1 - (1 << bits);
    for (unsigned j = 0; j < bits; j++)
        value += (int)(codes[j] >> column & 1) << (j + 1);
    return value;
}

static void expand(const w2b_fixed_rows *rows, unsigned bits, size_t live, int running,
                   int16_t *out)
{
    for (size_t c = 0; c < PANEL; c++) {
        int16_t sum = 0;
        for (size_t i = 0; i < rows->n; i++) {
            const uint32_t *codes = rows->codes + rows->rows[i] * rows->words;
            const int value = c < live ? odd_number(codes, bits, c) : 0;
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
            const size_t skip = (size_t)windows[i].skip * PANEL;
            const int own = windows[i].skip != UINT32_MAX ? at[skip + PANEL] - at[skip] : 0;
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

static void dots(const int16_t *a, const int16_t *b, size_t n, int32_t *out, int add)
{
    for (size_t p = 0; p < n * PANEL / 2; p++)
        out[p] = pair_add(add ? out[p] : 0, pair_at(a, p), pair_at(b, p));
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
static void move(const w2b_fixed_rule *rule, const int32_t sums[PANEL], const w2b_fixed_rows *to,
                 size_t i, size_t p)
{
    const float *noise =
        rule->noise + (w2b_fixed_noise_at(to, i) + (uint32_t)p * PANEL) % W2B_FIXED_NOISE;
    const float scale = rule->scale * to->rates[to->rows[i]];
    int16_t *latent = to->latents + p * to->apart + to->rows[i] * PANEL;
    for (size_t c = 0; c < PANEL; c++) {
        const size_t d = woven(c);
        const int32_t moved = latent[c] + nearest(fma_once((float)sums[d], scale, noise[d]));
        latent[c] = (int16_t)(moved > INT16_MAX   ? INT16_MAX
                              : moved < INT16_MIN ? INT16_MIN
                                                  : moved);
    }
    encode(rule, latent, to->codes + to->rows[i] * to->words + p * rule->bits);
}

static void spread(const w2b_fixed_rule *rule, const int16_t *g, size_t pairs, const int32_t *rows,
                   size_t stride, const w2b_fixed_rows *to)
{
    for (size_t y = 0; y < to->n; y++)
        for (size_t p = 0; p < to->panels; p++) {
            int32_t sums[PANEL] = {0};
            for (size_t k = 0; k < pairs; k++)
                for (size_t d = 0; d < PANEL; d++)
                    sums[d] = pair_add(sums[d], pair_at(g, y * pairs + k),
                                       rows[p * stride + k * PANEL + d]);
            move(rule, sums, to, y, p);
        }
}

static void spread_own(const w2b_fixed_rule *rule, const int16_t *g, const int32_t *rows,
                       size_t stride, const w2b_fixed_rows *to)
{
    for (size_t y = 0; y < to->n; y++)
        for (size_t p = 0; p < to->panels; p++) {
            int32_t sums[PANEL];
            for (size_t d = 0; d < PANEL; d++)
                sums[d] = pair_add(0, pair_at(g, y), rows[p * stride + y / 2 * PANEL + d]);
            move(rule, sums, to, y, p);
        }
}

/* sums += sign * rows of a chain */
static void add_chain(int32_t sums[PANEL], const int32_t *rows, unsigned first, const uint8_t *next,
                      uint32_t sign)
{
    for (unsigned i = first; i != W2B_FIXED_NONE; i = next[i])
        for (size_t d = 0; d < PANEL; d++)
            sums[d] = (int32_t)((uint32_t)sums[d] + sign * (uint32_t)rows[i * PANEL + d]);
}

static void contexts(const w2b_fixed_rule *rule, const int32_t *rows, size_t stride,
                     const w2b_fixed_spans *spans, const w2b_fixed_rows *to)
{
    uint8_t alone[W2B_FIXED_NONE];
    memset(alone, W2B_FIXED_NONE, sizeof alone);
    for (size_t p = 0; p < to->panels; p++) {
        int32_t running[PANEL] = {0}, sums[PANEL];
        for (size_t q = 0; q < to->n; q++) {
            add_chain(running, rows + p * stride, spans->ends[q], spans->next_end, UINT32_MAX);
            add_chain(running, rows + p * stride, spans->begins[q], spans->next_begin, 1);
            memcpy(sums, running, sizeof sums);
            add_chain(sums, rows + p * stride, spans->own[q], alone, UINT32_MAX);
            move(rule, sums, to, q, p);
        }
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
    .encode = encode,
    .expand = expand,
    .windows = windows,
    .weave = weave,
    .dots = dots,
    .scores = scores,
    .gather = gather,
    .spread = spread,
    .spread_own = spread_own,
    .contexts = contexts,
    .errors = errors,
    .round = round_rows,
};
