/*
 * code.c - rows of numbers to packed codes and back.
 *
 * Differences from the papers: the levels are whole numbers (codebook.c), and
 * the codes are chosen against the scale as it will be read back, a half
 * float, so that each number gets the level that is nearest in the decoded
 * row. All sums are in double and in a fixed order.
 *
 * Finding the nearest level costs the same at every number of bits: levels
 * are whole numbers, so the borders between them are whole numbers of half
 * steps, and a table over these gives the level directly.
 */
#include "quant/code.h"

#include <math.h>   /* sqrt and fabs alone: exact by IEEE 754 */
#include <string.h>

#include "quant/codebook.h"
#include "quant/num.h"

#define HALF_LARGEST 0x7bff
#define HALF_LARGEST_VALUE 65504.0
#define HALF_NORMAL_LEAST 0x1p-14

/* A search for the scale ends when it moves by less than this part of it: what
 * is left adds a millionth of the row's square to its error. */
#define SCALE_TOLERANCE 0x1p-10

/* Rounds of least squares; most rows stop after 3 to 6. */
#define GAUSS_ROUNDS 12

/* From this many bits the scale of least squares hardly leaves where it
 * starts, so that several starts are tried. */
#define GAUSS_STARTS_BITS 4
#define GAUSS_STARTS 8

/* Golden section shrinks its interval to .62 each time: 40 rounds are beyond
 * any tolerance, and end the search on numbers that are not finite. */
#define GOLDEN_ROUNDS 40

/* Borders between levels from 0 to 127 lie in [0, 254] half steps. */
#define PLACES 256

/* Levels are mirror images about zero, so magnitudes are all that is looked
 * up; the sign chooses the code. */
typedef struct w2b_nearest {
    uint8_t rank[PLACES];   /* of the level among those >= 0, by place */
    uint8_t level[PLACES];
    int32_t up;             /* code of rank 0 where x >= 0: codes rise from here */
    int32_t down;           /* and where x < 0: they fall from here */
} w2b_nearest;

int w2b_code_init(w2b_code *code, w2b_method method, uint32_t bits, uint32_t dim)
{
    if (dim == 0 || !w2b_method_name(method, bits))
        return -1;
    memset(code, 0, sizeof *code);
    code->method = method;
    code->bits = bits;
    code->dim = dim;
    code->stride = (size_t)(((uint64_t)dim * bits + 7) / 8);
    code->unit = 1.0f;
    if (method == W2B_METHOD_GAUSS)
        w2b_codebook_gauss(bits, code->levels);
    else if (method == W2B_METHOD_UNIFORM)
        w2b_codebook_uniform(bits, code->levels);
    return 0;
}

/* Levels are whole numbers, so a scale never exceeds the largest number of
 * its row. With that number brought to [2^14, 2^15) no scale overflows, and
 * rows 2^28 times smaller than the largest still have scales in full. */
float w2b_code_unit(float largest)
{
    uint32_t bits;
    memcpy(&bits, &largest, sizeof bits);
    const int exponent = (int)(bits >> 23 & 0xff);
    if (exponent == 255 || (bits & 0x7fffffff) == 0)
        return 1.0f;
    const uint32_t unit = exponent > 15 ? (uint32_t)(exponent - 14) << 23 : UINT32_C(1) << 23;
    float result;
    memcpy(&result, &unit, sizeof result);
    return result;
}

const char *w2b_method_name(w2b_method method, uint32_t bits)
{
    const int packed = bits >= 1 && bits <= 8;
    switch (method) {
    case W2B_METHOD_FLOAT: return bits == 16 ? "half" : bits == 32 ? "float" : NULL;
    case W2B_METHOD_GAUSS: return packed ? "gauss" : NULL;
    case W2B_METHOD_UNIFORM: return packed ? "uniform" : NULL;
    }
    return NULL;
}

int w2b_method_find(const char *name, w2b_method *method)
{
    if (strcmp(name, "half") == 0 || strcmp(name, "float") == 0)
        *method = W2B_METHOD_FLOAT;
    else if (strcmp(name, "gauss") == 0)
        *method = W2B_METHOD_GAUSS;
    else if (strcmp(name, "uniform") == 0)
        *method = W2B_METHOD_UNIFORM;
    else
        return -1;
    return 0;
}

/* ----- Floats ------------------------------------------------------------- */

static void put_bytes(uint8_t *p, uint32_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

/* A finite number beyond the range of a half becomes the largest one: an
 * infinity in a row would spoil every product with it. */
static uint16_t half_saturated(float x)
{
    const uint16_t h = w2b_half_from_float(x);
    if ((h & 0x7fff) == 0x7c00 && x - x == 0)
        return (uint16_t)((h & 0x8000) | HALF_LARGEST);
    return h;
}

static void encode_floats(const w2b_code *code, const float *x, uint8_t *codes)
{
    if (code->bits == 16) {
        for (uint32_t i = 0; i < code->dim; i++)
            put_bytes(codes + 2 * (size_t)i, half_saturated(x[i]), 2);
        return;
    }
    for (uint32_t i = 0; i < code->dim; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        put_bytes(codes + 4 * (size_t)i, bits, 4);
    }
}

static void decode_floats(const w2b_code *code, const uint8_t *codes, float *x)
{
    if (code->bits == 16) {
        for (uint32_t i = 0; i < code->dim; i++, codes += 2)
            x[i] = w2b_half_to_float((uint16_t)(codes[0] | codes[1] << 8));
        return;
    }
    for (uint32_t i = 0; i < code->dim; i++, codes += 4) {
        const uint32_t bits = codes[0] | (uint32_t)codes[1] << 8 | (uint32_t)codes[2] << 16 |
                              (uint32_t)codes[3] << 24;
        memcpy(x + i, &bits, sizeof bits);
    }
}

/* ----- Nearest levels ----------------------------------------------------- */

/* Place p holds the level for magnitudes of p half steps and more, up to the
 * next place; a number on a border gets the level farther from zero. */
static void nearest_init(w2b_nearest *nearest, const w2b_code *code)
{
    const int half = 1 << (code->bits - 1);
    const int8_t *levels = code->levels + half;
    int place = 0;
    for (int i = 0; i < half; i++) {
        const int end = i + 1 < half ? levels[i] + levels[i + 1] : PLACES;
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
    return (unsigned)(int)(v < PLACES - 1 ? v : PLACES - 1);
}

/* ----- Scales ------------------------------------------------------------- */

/* Sums over a row go in four parts, number i to part i % 4: a fixed order in
 * which no addition has to wait for the one before. */
typedef struct w2b_sum4 {
    double part[4];
} w2b_sum4;

static inline double total(const w2b_sum4 *sum)
{
    return (sum->part[0] + sum->part[1]) + (sum->part[2] + sum->part[3]);
}

typedef struct w2b_moments {
    double squares;  /* sum of x^2 */
    double absolute; /* sum of |x| */
    double largest;  /* of |x| */
} w2b_moments;

static inline void moments_add(float x, double *squares, double *absolute, double *largest)
{
    const double a = fabs((double)x);
    *squares += a * a;
    *absolute += a;
    *largest = a > *largest ? a : *largest;
}

static w2b_moments moments_of(const float *x, uint32_t dim)
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
        .squares = total(&squares),
        .absolute = total(&absolute),
        .largest = largest.part[0]
    };
    for (int j = 1; j < 4; j++)
        m.largest = largest.part[j] > m.largest ? largest.part[j] : m.largest;
    return m;
}

/* What the levels that are nearest at some scale would bring. */
typedef struct w2b_fit {
    double scale;  /* of least squared error for these levels */
    double gain;   /* by how much sum x^2 exceeds that error */
} w2b_fit;

static inline void fit_add(const w2b_nearest *nearest, float x, double per_unit,
                           double *products, int64_t *squares)
{
    const double a = fabs((double)x);
    const int level = nearest->level[place_of(a * per_unit)];
    *products += a * level;
    *squares += level * level;
}

/* Least squares: scale = sum x*level / sum level^2. */
static w2b_fit fit(const w2b_nearest *nearest, const float *x, uint32_t dim, double scale)
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
    const double product = total(&products);
    if (squares == 0)
        return (w2b_fit){ .scale = scale, .gain = 0 };
    return (w2b_fit){
        .scale = product / (double)squares,
        .gain = product / (double)squares * product
    };
}

/* Levels and scale in turn, each the best for the other, from the scale that
 * suits a normal distribution. With many bits that ends near its start, in one
 * of many small valleys; therefore from 4 bits on scales up to the one
 * that clips no number are tried first. */
static double gauss_scale(const w2b_code *code, const w2b_nearest *nearest, const float *x,
                          const w2b_moments *m)
{
    const double normal = sqrt(m->squares / code->dim) * w2b_codebook_gauss_step(code->bits);
    w2b_fit best = fit(nearest, x, code->dim, normal);
    if (code->bits >= GAUSS_STARTS_BITS) {
        const double covers = m->largest / code->levels[(1 << code->bits) - 1];
        for (int i = 1; i <= GAUSS_STARTS; i++) {
            const double start = normal + (covers - normal) * i / GAUSS_STARTS;
            const w2b_fit other = fit(nearest, x, code->dim, start);
            if (other.gain > best.gain)
                best = other;
        }
    }
    for (int round = 1; round < GAUSS_ROUNDS; round++) {
        const w2b_fit next = fit(nearest, x, code->dim, best.scale);
        const double moved = next.scale - best.scale;
        best = next;
        if ((moved < 0 ? -moved : moved) <= best.scale * SCALE_TOLERANCE)
            break;
    }
    return best.scale;
}

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
    return total(&error) * (gap * gap);
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
    for (int i = 0; i < GOLDEN_ROUNDS && high - low > high * SCALE_TOLERANCE; i++) {
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
    return fit(nearest, x, code->dim, clip / grid.top).scale;
}

/* The half float that stands for a scale of a row that is not zero, and the
 * scale to choose the codes against. That is the half as it will be read,
 * unless the half cannot come near: then the codes keep the direction of the
 * row, which a cosine needs, and the length is lost. */
static uint16_t scale_to_half(const w2b_code *code, double *scale)
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
    uint32_t pending = 0, held = 0;
    for (uint32_t i = 0; i < code->dim; i++) {
        const int rank = nearest->rank[place_of(fabs((double)x[i]) * per_unit)];
        /* Not a branch: signs are as good as random. */
        const int negative = -!(x[i] >= 0);
        const int zero = nearest->up + ((nearest->down - nearest->up) & negative);
        pending |= (uint32_t)(zero + ((rank ^ negative) - negative)) << held;
        held += code->bits;
        if (held >= 8) {
            *codes++ = (uint8_t)pending;
            pending >>= 8;
            held -= 8;
        }
    }
    if (held > 0)
        *codes = (uint8_t)pending;
}

void w2b_code_encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    *scale = 0;
    if (code->method == W2B_METHOD_FLOAT) {
        encode_floats(code, x, codes);
        return;
    }
    const w2b_moments m = moments_of(x, code->dim);
    double best;
    if (code->bits == 1) {
        /* The mean of |x| is where both methods end up. */
        best = m.absolute / code->dim;
        if (m.largest > 0)
            *scale = scale_to_half(code, &best);
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
    best = code->method == W2B_METHOD_GAUSS ? gauss_scale(code, &nearest, x, &m)
                                            : uniform_scale(code, &nearest, x, &m);
    *scale = scale_to_half(code, &best);
    pack_nearest(code, &nearest, x, best, codes);
}

void w2b_code_decode(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x)
{
    if (code->method == W2B_METHOD_FLOAT) {
        decode_floats(code, codes, x);
        return;
    }
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
