/*
 * uniform.c - equally spaced levels; the clip of each row minimises its
 * squared error (May et al. 2019, who choose one clip for the whole matrix).
 */
#include <math.h> /* fabs alone: exact by IEEE 754 */

#include "quant/codebook.h"
#include "quant/scalar.h"
#include "quant/turn.h"

/* Golden section shrinks its interval to .62 each time: 40 rounds are beyond
 * any tolerance, and end the search on numbers that are not finite. */
#define GOLDEN_ROUNDS 40

/* Equally spaced levels seen from |x|, in gaps between them: number w falls
 * into cell (int)(w + shift), whose middle is its level. */
typedef struct w2b_grid {
    double top;    /* the outermost level, in scales */
    double gap;    /* in scales */
    double shift;  /* 1/2 where zero is a level */
    double last;   /* the outermost cell */
} w2b_grid;

/* By value, or the compiler makes a branch of the comparison. */
static inline void error_add(double shift, double last, float x, double per_gap, double *error)
{
    const double w = fabs((double)x) * per_gap + shift;
    const double within = w < last ? w : last;
    const double miss = w - (int)within - 0.5;
    *error += miss * miss;
}

/* Squared error of a row whose outermost level stands at `clip`. */
static double clip_error(const w2b_grid *grid, const float *x, uint32_t dim, double clip)
{
    const double gap = clip / grid->top * grid->gap;
    const double per_gap = 1.0 / gap;
    const double shift = grid->shift, last = grid->last;
    w2b_sum4 error = { { 0 } };
    uint32_t i = 0;
    for (; i + 4 <= dim; i += 4) {
        error_add(shift, last, x[i], per_gap, &error.part[0]);
        error_add(shift, last, x[i + 1], per_gap, &error.part[1]);
        error_add(shift, last, x[i + 2], per_gap, &error.part[2]);
        error_add(shift, last, x[i + 3], per_gap, &error.part[3]);
    }
    for (int j = 0; i < dim; i++, j++)
        error_add(shift, last, x[i], per_gap, &error.part[j]);
    return w2b_sum4_total(&error) * (gap * gap);
}

/* Golden section (Kiefer 1953) on the clip, between nothing and the largest
 * number, as May et al. (2019) do it, but for each row by itself. The largest
 * number is tried as well, and the scale refitted to the levels found: a row
 * that was quantized before comes back as it was. */
static double uniform_scale(const w2b_code *code, const w2b_nearest *nearest, const float *x,
                            const w2b_moments *m)
{
    const double ratio = 0.6180339887498949;
    const int has_zero = code->bits == 8;
    const w2b_grid grid = {
        .top = code->levels[(1 << code->bits) - 1],
        .gap = has_zero ? 1.0 : 2.0,
        .shift = has_zero ? 0.5 : 0.0,
        .last = has_zero ? 127.0 : (1 << (code->bits - 1)) - 1
    };
    double low = 0.0, high = m->largest;
    double left = high - ratio * high, right = ratio * high;
    double left_error = clip_error(&grid, x, code->dim, left);
    double right_error = clip_error(&grid, x, code->dim, right);
    for (int i = 0; i < GOLDEN_ROUNDS && high - low > high * W2B_SCALE_TOLERANCE; i++) {
        if (left_error <= right_error) {
            high = right;
            right = left;
            right_error = left_error;
            left = high - ratio * (high - low);
            left_error = clip_error(&grid, x, code->dim, left);
        } else {
            low = left;
            left = right;
            left_error = right_error;
            right = low + ratio * (high - low);
            right_error = clip_error(&grid, x, code->dim, right);
        }
    }
    double clip = left_error <= right_error ? left : right;
    const double error = left_error <= right_error ? left_error : right_error;
    if (clip_error(&grid, x, code->dim, m->largest) < error)
        clip = m->largest;
    return w2b_scalar_fit(nearest, x, code->dim, clip / grid.top).scale;
}

static void encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    w2b_scalar_encode(code, x, uniform_scale, codes, scale);
}

static void init(w2b_code *code)
{
    w2b_codebook_uniform(code->bits, code->levels);
}

const w2b_scheme w2b_scheme_uniform = {
    .method = W2B_METHOD_UNIFORM,
    .name = "uniform",
    .least_bits = 1,
    .most_bits = 8,
    .has_levels = 1,
    .is_packed = 1,
    .init = init,
    .encode = encode,
    .decode = w2b_scalar_decode,
};

const w2b_scheme w2b_scheme_uniform_rotated = {
    .method = W2B_METHOD_UNIFORM_ROTATED,
    .name = "uniform-rotated",
    .least_bits = 1,
    .most_bits = 8,
    .has_levels = 1,
    .is_packed = 1,
    .init = init,
    .encode = encode,
    .decode = w2b_scalar_decode,
    W2B_TURN_FIELDS,
};
