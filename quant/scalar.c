/*
 * scalar.c - nearest levels, scales and packed codes.
 *
 * All sums are in double and in a fixed order.
 */
#include "quant/scalar.h"

#include <math.h> /* fabs alone: exact by IEEE 754 */
#include <string.h>

#include "quant/num.h"

#define HALF_LARGEST 0x7bff
#define HALF_LARGEST_VALUE 65504.0
#define HALF_NORMAL_LEAST 0x1p-14

/* ----- Nearest levels ----------------------------------------------------- */

static void nearest_init(w2b_nearest *nearest, const w2b_code *code)
{
    const int half = 1 << (code->bits - 1);
    const int8_t *levels = code->levels + half;
    int place = 0;
    for (int i = 0; i < half; i++) {
        const int end = i + 1 < half ? levels[i] + levels[i + 1] : W2B_PLACES;
        memset(nearest->rank + place, i, (size_t)(end - place));
        memset(nearest->level + place, levels[i], (size_t)(end - place));
        place = end;
    }
    nearest->up = half;
    nearest->down = levels[0] == 0 ? half : half - 1;
}

/* The place of a magnitude in half steps. What is no number goes to the last. */
static inline unsigned place_of(double v)
{
    return (unsigned)(int)(v < W2B_PLACES - 1 ? v : W2B_PLACES - 1);
}

/* ----- Scales ------------------------------------------------------------- */

static inline void moments_add(float x, double *squares, double *absolute, double *largest)
{
    const double a = fabs((double)x);
    *squares += a * a;
    *absolute += a;
    *largest = a > *largest ? a : *largest;
}

w2b_moments w2b_moments_of(const float *x, uint32_t dim)
{
    w2b_sum4 squares = { { 0 } }, absolute = { { 0 } }, largest = { { 0 } };
    uint32_t i = 0;
    for (; i + 4 <= dim; i += 4) {
        moments_add(x[i], &squares.part[0], &absolute.part[0], &largest.part[0]);
        moments_add(x[i + 1], &squares.part[1], &absolute.part[1], &largest.part[1]);
        moments_add(x[i + 2], &squares.part[2], &absolute.part[2], &largest.part[2]);
        moments_add(x[i + 3], &squares.part[3], &absolute.part[3], &largest.part[3]);
    }
    for (int j = 0; i < dim; i++, j++)
        moments_add(x[i], &squares.part[j], &absolute.part[j], &largest.part[j]);
    w2b_moments m = {
        .squares = w2b_sum4_total(&squares),
        .absolute = w2b_sum4_total(&absolute),
        .largest = largest.part[0]
    };
    for (int j = 1; j < 4; j++)
        m.largest = largest.part[j] > m.largest ? largest.part[j] : m.largest;
    return m;
}

/* What the levels that are nearest at some scale would bring. */
static inline void fit_add(const w2b_nearest *nearest, float x, double per_unit,
                           double *products, int64_t *squares)
{
    const double a = fabs((double)x);
    const int level = nearest->level[place_of(a * per_unit)];
    *products += a * level;
    *squares += level * level;
}

/* Least squares: scale = sum x*level / sum level^2. */
w2b_fit w2b_scalar_fit(const w2b_nearest *nearest, const float *x, uint32_t dim, double scale)
{
    const double per_unit = 2.0 / scale;
    w2b_sum4 products = { { 0 } };
    int64_t squares = 0;
    uint32_t i = 0;
    for (; i + 4 <= dim; i += 4) {
        fit_add(nearest, x[i], per_unit, &products.part[0], &squares);
        fit_add(nearest, x[i + 1], per_unit, &products.part[1], &squares);
        fit_add(nearest, x[i + 2], per_unit, &products.part[2], &squares);
        fit_add(nearest, x[i + 3], per_unit, &products.part[3], &squares);
    }
    for (int j = 0; i < dim; i++, j++)
        fit_add(nearest, x[i], per_unit, &products.part[j], &squares);
    const double product = w2b_sum4_total(&products);
    if (squares == 0)
        return (w2b_fit){ .scale = scale, .gain = 0 };
    return (w2b_fit){
        .scale = product / (double)squares,
        .gain = product / (double)squares * product
    };
}

/* Where the half cannot come near, the codes keep the direction of the row,
 * which a cosine needs, and the length is lost. */
uint16_t w2b_scale_to_half(const w2b_code *code, double *scale)
{
    const double in_units = *scale / code->unit;
    if (!(in_units <= HALF_LARGEST_VALUE))
        return HALF_LARGEST;
    const uint16_t half = w2b_half_from_float((float)in_units);
    if (in_units < HALF_NORMAL_LEAST)
        return half;
    *scale = (double)w2b_half_to_float(half) * code->unit;
    return half;
}

/* ----- Packing ------------------------------------------------------------ */

/* One bit a number needs no scale for its codes. */
static void pack_signs(const float *x, uint32_t dim, uint8_t *codes)
{
    for (uint32_t i = 0; i < dim; i += 8) {
        const uint32_t count = dim - i < 8 ? dim - i : 8;
        uint32_t byte = 0;
        for (uint32_t j = 0; j < count; j++)
            byte |= (uint32_t)(x[i + j] >= 0) << j;
        codes[i / 8] = (uint8_t)byte;
    }
}
static void pack_nearest(const w2b_code *code, const w2b_nearest *nearest, const float *x,
                         double scale, uint8_t *codes)
{
    const double per_unit = 2.0 / scale;
    w2b_bits out = {.to = codes};
    for (uint32_t i = 0; i < code->dim; i++) {
        const int rank = nearest->rank[place_of(fabs((double)x[i]) * per_unit)];
        /* Not a branch: signs are as good as random. */
        const int negative = -!(x[i] >= 0);
        const int zero = nearest->up + ((nearest->down - nearest->up) & negative);
        w2b_bits_put(&out, (uint32_t)(zero + ((rank ^ negative) - negative)), code->bits);
    }
    w2b_bits_end(&out);
}

void w2b_scalar_encode(const w2b_code *code, const float *x, w2b_scale_fn choose, uint8_t *codes,
                       uint16_t *scale)
{
    *scale = 0;
    const w2b_moments m = w2b_moments_of(x, code->dim);
    double best;
    if (code->bits == 1) {
        /* The mean of |x| is where every search would end up. */
        /* The mean of |x| is where both methods end up. */
        best = m.absolute / code->dim;
        if (m.largest > 0)
            *scale = w2b_scale_to_half(code, &best);
        pack_signs(x, code->dim, codes);
        return;
    }
    w2b_nearest nearest;
    nearest_init(&nearest, code);
    if (!(m.largest > 0)) {
        /* Any scale puts zeros on the smallest level that is not negative. */
        pack_nearest(code, &nearest, x, 1.0, codes);
        return;
    }
    best = choose(code, &nearest, x, &m);
    *scale = w2b_scale_to_half(code, &best);
    pack_nearest(code, &nearest, x, best, codes);
}

void w2b_scalar_decode(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x)
{
    /* Exact: a power of two, 11 bits and 7 bits fit into the 24 of a float. */
    const float factor = code->unit * w2b_half_to_float(scale);
    const uint32_t mask = (1u << code->bits) - 1;
    uint32_t pending = 0, held = 0;
    for (uint32_t i = 0; i < code->dim; i++) {
        if (held < code->bits) {
            pending |= (uint32_t)*codes++ << held;
            held += 8;
        }
        x[i] = factor * code->levels[pending & mask];
        pending >>= code->bits;
        held -= code->bits;
    }
}
