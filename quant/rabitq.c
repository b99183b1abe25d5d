/*
 * rabitq.c - codes on a grid of the turned row (Gao and Long 2024; Gao et al.
 * 2025 for more than one bit), with what makes products unbiased.
 *
 * The row is turned at random, and takes the point of the grid {odd numbers}^dim
 * within reach of its bits that has the largest cosine with it: some multiple of
 * the row, rounded. The papers walk through every multiple at which a code
 * changes; we try some between clipping half of the row's root mean squares and
 * clipping nothing, then refine about the best by least squares and by smaller
 * steps, which costs a hundredth of the time and leaves the cosine
 * where the full walk has it (tests/unit/test_schemes.c).
 *
 * The decoded row, at the scale of least squares, is the nearest one, but its
 * products with vectors from elsewhere are too small on average: by the cosine
 * c of row and decoded row, squared. The last byte of a row of codes keeps c, as
 * c = (byte + 1) / 256; a cosine with a vector from elsewhere is divided by it,
 * after which its error has mean zero over the rotations.
 */
#include <math.h> /* sqrt alone: exact by IEEE 754 */

#include "quant/codebook.h"
#include "quant/scalar.h"
#include "quant/turn.h"

/* Scales tried between those that put the outermost level at LEAST root mean
 * squares and at the largest number, then to both sides of the best. */
#define COARSE 8
#define FINE 8
#define LEAST 1.0
#define ROUNDS 6

/* Tries 2 * n + 1 scales about one. */
static void try_scales(const w2b_code *code, const w2b_nearest *nearest, const float *x,
                       double middle, double gap, int n, double *at, w2b_fit *best)
{
    for (int i = -n; i <= n; i++) {
        const double scale = middle + i * gap;
        if (!(scale > 0))
            continue;
        const w2b_fit other = w2b_scalar_fit(nearest, x, code->dim, scale);
        if (other.gain > best->gain) {
            *best = other;
            *at = scale;
        }
    }
}

static double best_scale(const w2b_code *code, const w2b_nearest *nearest, const float *x,
                         const w2b_moments *m)
{
    const double top = code->levels[(1 << code->bits) - 1];
    const double low = LEAST * sqrt(m->squares / code->dim) / top, high = m->largest / top;
    const double gap = (high - low) / (2 * COARSE);
    double at = high;
    w2b_fit best = w2b_scalar_fit(nearest, x, code->dim, high);
    try_scales(code, nearest, x, (low + high) / 2, gap, COARSE, &at, &best);
    try_scales(code, nearest, x, at, gap / (FINE + 1), FINE, &at, &best);
    for (int round = 0; round < ROUNDS; round++) {
        const w2b_fit other = w2b_scalar_fit(nearest, x, code->dim, best.scale);
        if (!(other.gain > best.gain))
            break;
        best = other;
    }
    return best.scale;
}

/* The cosine of a row and its codes, as a byte. */
static uint8_t cosine_byte(const w2b_code *code, const float *x, const uint8_t *codes)
{
    float levels[W2B_TURN_DIM_LIMIT];
    w2b_code plain = *code;
    plain.unit = 1;
    w2b_scalar_decode(&plain, codes, 0x3c00, levels);
    double product = 0, squares = 0, own = 0;
    for (uint32_t i = 0; i < code->dim; i++) {
        product += (double)x[i] * levels[i];
        squares += (double)levels[i] * levels[i];
        own += (double)x[i] * x[i];
    }
    const double cosine = own > 0 && product > 0 ? product / sqrt(squares * own) : 1;
    const int byte = (int)(cosine * 256 + 0.5) - 1;
    return (uint8_t)(byte < 0 ? 0 : byte > 255 ? 255 : byte);
}

static void encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    w2b_scalar_encode(code, x, best_scale, codes, scale);
    codes[code->stride - 1] = cosine_byte(code, x, codes);
}

static float kept(const w2b_code *code, const uint8_t *codes)
{
    return (float)(codes[code->stride - 1] + 1) / 256;
}

static void unpack(const w2b_code *code, const w2b_scan *scan, const uint8_t *codes, size_t n,
                   int16_t *rows)
{
    scan->unpack(codes, code->stride, n, code->dim, code->bits, code->levels, rows);
}

static void init(w2b_code *code)
{
    w2b_codebook_uniform(code->bits, code->levels);
    code->stride++;
}

const w2b_scheme w2b_scheme_rabitq = {
    .method = W2B_METHOD_RABITQ,
    .name = "rabitq",
    .least_bits = 1,
    .most_bits = 8,
    .is_packed = 1,
    .init = init,
    .encode = encode,
    .decode = w2b_scalar_decode,
    W2B_TURN_FIELDS,
    .unpack = unpack,
    .kept = kept,
};
