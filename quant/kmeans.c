/*
 * kmeans.c - levels learned from the rows themselves.
 *
 * The numbers of sampled rows, each row divided by its root mean square, are
 * counted in narrow bins. Levels are whole numbers, so that rows can be searched
 * like those of any other scalar method; for each of some steps (widths of the
 * number 1) a dynamic programme over "k levels, the last at p" finds the set of
 * least error among all sets of rising whole numbers, and the best step wins. In
 * one dimension k-means needs no Lloyd, whose result depends on where it starts
 * (Wang and Song 2011, who do this over the numbers themselves).
 *
 * Unlike the fixed levels these need not mirror each other: embeddings whose
 * numbers are mostly positive gain most.
 */
#include <math.h> /* sqrt and fabs alone: exact by IEEE 754 */
#include <string.h>

#include "quant/codebook.h"
#include "quant/scalar.h"

/* Bins from -SPAN to SPAN root mean squares; what lies beyond goes to the ends. */
#define SPAN 8.0
#define BINS 8192
#define SAMPLE_ROWS 10000

/* Steps tried: 127 of them reach this many root mean squares, each so much
 * farther than the one before. */
#define REACH_LEAST 0.8
#define REACH_MOST 8.0
#define REACH_RATIO 1.06

/* Levels are -127 to 127: place 0 to 254. */
#define LEVELS 255

/* When a row is coded: scales tried first, each so much of the one before, from
 * the one that clips no number on; then rounds of least squares. */
#define STARTS 12
#define START_RATIO 0.85
#define ROUNDS_FIT 12

typedef struct histogram {
    double weight[BINS + 1];      /* of all bins below: sums are differences */
    double moment[BINS + 1];      /* of number times weight, as well */
    double gap[LEVELS][LEVELS];   /* [q][p]: cost of what lies between levels
                                     p < q that are neighbours */
    double least[2][LEVELS];      /* of k levels, the last here */
    uint8_t before[LEVELS][LEVELS]; /* [k][q]: where level k - 1 stands then */
} histogram;

/* ----- Learning ----------------------------------------------------------- */

static double bin_middle(int bin)
{
    return (bin + 0.5) * (2 * SPAN / BINS) - SPAN;
}

static int bin_of(double x)
{
    const double at = (x + SPAN) * (BINS / (2 * SPAN));
    return at > 0 ? at < BINS - 1 ? (int)at : BINS - 1 : 0;
}

/* Counts, then adds them up. All weights are whole numbers below 2^53, and
 * middles are multiples of a power of two: sums are exact in any order. */
static void count_numbers(histogram *h, const w2b_code *code, const w2b_lesson *lesson)
{
    memset(h, 0, sizeof *h);
    for (size_t row = 0; row < lesson->n; row++) {
        const float *x = lesson->rows + row * code->dim;
        const w2b_moments m = w2b_moments_of(x, code->dim);
        if (!(m.squares > 0))
            continue;
        const double inverse = 1.0 / sqrt(m.squares / code->dim);
        for (uint32_t i = 0; i < code->dim; i++)
            h->weight[bin_of(x[i] * inverse) + 1] += 1;
    }
    for (int bin = 0; bin < BINS; bin++) {
        h->moment[bin + 1] = h->moment[bin] + h->weight[bin + 1] * bin_middle(bin);
        h->weight[bin + 1] += h->weight[bin];
    }
}

/* Squared error of the bins from `from` to `to` at a level, but for the sum of
 * their squares, which all levels share. */
static double cost(const histogram *h, int from, int to, double level)
{
    return level * (level * (h->weight[to] - h->weight[from]) -
                    2 * (h->moment[to] - h->moment[from]));
}

static void fill_gaps(histogram *h, double step)
{
    int bins[LEVELS];
    for (int p = 0; p < LEVELS; p++)
        bins[p] = bin_of((p - 127) * step);
    for (int p = 0; p < LEVELS; p++) {
        for (int q = p + 1; q < LEVELS; q++) {
            const int border = bin_of((p + q - 254) * step / 2);
            h->gap[q][p] = cost(h, bins[p], border, (p - 127) * step) +
                           cost(h, border, bins[q], (q - 127) * step);
        }
    }
}

/* The best `count` levels for a step: their places, and their cost. */
static double best_levels(histogram *h, double step, int count, uint8_t *places)
{
    fill_gaps(h, step);
    for (int q = 0; q < LEVELS; q++)
        h->least[0][q] = cost(h, 0, bin_of((q - 127) * step), (q - 127) * step);
    for (int k = 1; k < count; k++) {
        const double *last = h->least[(k - 1) % 2];
        double *next = h->least[k % 2];
        for (int q = 0; q < LEVELS; q++) {
            const double *gap = h->gap[q];
            double least = INFINITY;
            for (int p = k - 1; p < q; p++) {
                const double sum = last[p] + gap[p];
                if (sum < least) {
                    least = sum;
                    h->before[k][q] = (uint8_t)p;
                }
            }
            next[q] = least;
        }
    }
    double least = INFINITY;
    for (int q = count - 1; q < LEVELS; q++) {
        const double level = (q - 127) * step;
        const double sum = h->least[(count - 1) % 2][q] + cost(h, bin_of(level), BINS, level);
        if (sum < least) {
            least = sum;
            places[count - 1] = (uint8_t)q;
        }
    }
    for (int k = count - 1; k > 0; k--)
        places[k - 1] = h->before[k][places[k]];
    return least;
}

/* At 8 bits there are more codes than levels: the first level stands twice, as
 * in the fixed codebooks. */
static void train(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room)
{
    histogram *h = room;
    const int codes = 1 << code->bits, count = codes < LEVELS ? codes : LEVELS;
    double least = INFINITY;
    (void)params;
    count_numbers(h, code, lesson);
    if (!(h->weight[BINS] > 0))
        return;
    for (double reach = REACH_LEAST; reach < REACH_MOST; reach *= REACH_RATIO) {
        uint8_t places[LEVELS];
        const double sum = best_levels(h, reach / 127, count, places);
        if (!(sum < least))
            continue;
        least = sum;
        for (int i = 0; i < codes; i++)
            code->levels[i] = (int8_t)(places[i < codes - count ? 0 : i - (codes - count)] - 127);
    }
}

static size_t train_room(const w2b_code *code, size_t n)
{
    (void)code;
    (void)n;
    return sizeof(histogram);
}

/* ----- Rows --------------------------------------------------------------- */

/* Levels of any sign by half steps from -256 on; see w2b_nearest. */
#define HALF_STEPS 256

typedef struct signed_nearest {
    uint8_t code[2 * HALF_STEPS];
    int8_t level[2 * HALF_STEPS];
} signed_nearest;

static void nearest_init(signed_nearest *nearest, const w2b_code *code)
{
    const int count = 1 << code->bits;
    int place = 0;
    for (int i = 0; i < count; i++) {
        const int end = i + 1 < count ? code->levels[i] + code->levels[i + 1] + HALF_STEPS
                                      : 2 * HALF_STEPS;
        for (; place < end; place++) {
            nearest->code[place] = (uint8_t)i;
            nearest->level[place] = code->levels[i];
        }
    }
}

/* What is no number goes to the first place. */
static inline int place_of(double half_steps)
{
    const double at = half_steps + HALF_STEPS;
    return at > 0 ? at < 2 * HALF_STEPS - 1 ? (int)at : 2 * HALF_STEPS - 1 : 0;
}

static w2b_fit fit(const signed_nearest *nearest, const float *x, uint32_t dim, double scale)
{
    const double per_unit = 2.0 / scale;
    w2b_sum4 products = { { 0 } };
    int64_t squares = 0;
    for (uint32_t i = 0; i < dim; i++) {
        const int level = nearest->level[place_of(x[i] * per_unit)];
        products.part[i % 4] += (double)x[i] * level;
        squares += level * level;
    }
    const double product = w2b_sum4_total(&products);
    if (squares == 0 || !(product > 0))
        return (w2b_fit){.scale = scale, .gain = 0};
    return (w2b_fit){
        .scale = product / (double)squares,
        .gain = product / (double)squares * product
    };
}

static double best_scale(const w2b_code *code, const signed_nearest *nearest, const float *x,
                         double largest)
{
    const int low = -code->levels[0], high = code->levels[(1 << code->bits) - 1];
    const int outer = low > high ? low : high;
    double start = largest / (outer > 0 ? outer : 1);
    w2b_fit best = fit(nearest, x, code->dim, start);
    for (int i = 1; i < STARTS; i++) {
        start *= START_RATIO;
        const w2b_fit other = fit(nearest, x, code->dim, start);
        if (other.gain > best.gain)
            best = other;
    }
    for (int round = 0; round < ROUNDS_FIT; round++) {
        const w2b_fit next = fit(nearest, x, code->dim, best.scale);
        const double moved = fabs(next.scale - best.scale);
        if (!(next.gain > best.gain))
            break;
        best = next;
        if (moved <= best.scale * W2B_SCALE_TOLERANCE)
            break;
    }
    return best.scale;
}

static void encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    signed_nearest nearest;
    nearest_init(&nearest, code);
    const w2b_moments m = w2b_moments_of(x, code->dim);
    double best = 1.0;
    *scale = 0;
    if (m.largest > 0) {
        best = best_scale(code, &nearest, x, m.largest);
        *scale = w2b_scale_to_half(code, &best);
    }
    const double per_unit = 2.0 / best;
    w2b_bits out = {.to = codes};
    for (uint32_t i = 0; i < code->dim; i++)
        w2b_bits_put(&out, nearest.code[place_of(x[i] * per_unit)], code->bits);
    w2b_bits_end(&out);
}

/* Until it has learned others. */
static void init(w2b_code *code)
{
    w2b_codebook_gauss(code->bits, code->levels);
}

const w2b_scheme w2b_scheme_kmeans = {
    .method = W2B_METHOD_KMEANS,
    .name = "kmeans",
    .least_bits = 1,
    .most_bits = 8,
    .has_levels = 1,
    .is_packed = 1,
    .sample_rows = SAMPLE_ROWS,
    .init = init,
    .train_room = train_room,
    .train = train,
    .encode = encode,
    .decode = w2b_scalar_decode,
};
