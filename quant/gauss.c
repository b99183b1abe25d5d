/*
 * gauss.c - levels for normal distributions: Lloyd-Max (Max 1960), rounded to
 * whole numbers (codebook.c), the scale of least squares for each row.
 *
 * Turned rows (turn.c) are near to normal whatever they were before, which is
 * what these levels want.
 */
#include <math.h> /* sqrt alone: exact by IEEE 754 */

#include "quant/codebook.h"
#include "quant/scalar.h"
#include "quant/turn.h"

/* Rounds of least squares; most rows stop after 3 to 6. */
#define GAUSS_ROUNDS 12

/* From this many bits the scale of least squares hardly leaves where it
 * starts, so that several starts are tried. */
#define GAUSS_STARTS_BITS 4
#define GAUSS_STARTS 8

/* Levels and scale in turn, each the best for the other, from the scale that
 * suits a normal distribution. With many bits that ends near its start, in one
 * of many small valleys; therefore from 4 bits on scales up to the one
 * that clips no number are tried first. */
static double gauss_scale(const w2b_code *code, const w2b_nearest *nearest, const float *x,
                          const w2b_moments *m)
{
    const double normal = sqrt(m->squares / code->dim) * w2b_codebook_gauss_step(code->bits);
    w2b_fit best = w2b_scalar_fit(nearest, x, code->dim, normal);
    if (code->bits >= GAUSS_STARTS_BITS) {
        const double covers = m->largest / code->levels[(1 << code->bits) - 1];
        for (int i = 1; i <= GAUSS_STARTS; i++) {
            const double start = normal + (covers - normal) * i / GAUSS_STARTS;
            const w2b_fit other = w2b_scalar_fit(nearest, x, code->dim, start);
            if (other.gain > best.gain)
                best = other;
        }
    }
    for (int round = 1; round < GAUSS_ROUNDS; round++) {
        const w2b_fit next = w2b_scalar_fit(nearest, x, code->dim, best.scale);
        const double moved = next.scale - best.scale;
        best = next;
        if ((moved < 0 ? -moved : moved) <= best.scale * W2B_SCALE_TOLERANCE)
            break;
    }
    return best.scale;
}

static void encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    w2b_scalar_encode(code, x, gauss_scale, codes, scale);
}

static void init(w2b_code *code)
{
    w2b_codebook_gauss(code->bits, code->levels);
}

const w2b_scheme w2b_scheme_gauss = {
    .method = W2B_METHOD_GAUSS,
    .name = "gauss",
    .least_bits = 1,
    .most_bits = 8,
    .has_levels = 1,
    .is_packed = 1,
    .init = init,
    .encode = encode,
    .decode = w2b_scalar_decode,
};

const w2b_scheme w2b_scheme_gauss_rotated = {
    .method = W2B_METHOD_GAUSS_ROTATED,
    .name = "gauss-rotated",
    .least_bits = 1,
    .most_bits = 8,
    .has_levels = 1,
    .is_packed = 1,
    .init = init,
    .encode = encode,
    .decode = w2b_scalar_decode,
    W2B_TURN_FIELDS,
};
