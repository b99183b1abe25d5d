/*
 * transform.c - codes near the rate-distortion bound of the file's own
 * covariance.
 *
 * A row is turned to the principal components of the file, and the components
 * are quantized along a trellis (trellis.c) and entropy-coded (rans.c), each by a
 * table for the spread that is expected of it. All components have the same
 * step, so that bits go where the variance is, as reverse water-filling has it
 * (Cover and Thomas, section 10.3): what spreads less than a step costs next to
 * nothing.
 *
 * Rows of word vectors differ in length by a factor of 10 and more, frequent
 * words being longer. Each row has a gain g, its size against the spreads, by
 * which both the step and the expected spreads go: the step with g^(7/8). With
 * an exponent of 0 the squared error over the file would be least, with 1 that
 * of the rows at length 1. Measured on CBOW vectors of 300 numbers (gensim, 71,249
 * words) at 37.5 bytes a row, with principal components of the rows over
 * g^exponent:
 *
 *     exponent       1/2     3/4     7/8     15/16
 *     squared error  .0064   .0129   .0210   .0264    (bound of one Gaussian .0275)
 *     recall at 10   .772    .799    .807    .817
 *
 * The bound is that of normal vectors of one covariance; going by the gain is
 * what beats it.
 *
 * A row as the rest of the program sees it is dim whole numbers of 16 bits, in
 * units of its scale. In a file these are squeezed, a block of rows at a time.
 */
#include "quant/transform.h"

#include <math.h> /* sqrt alone: exact by IEEE 754 */
#include <string.h>

#include "quant/num.h"
#include "quant/scheme.h"

/* Products of two rows stay within 31 bits. */
#define SQUARE_LIMIT (INT64_C(1) << 30)

/* A little less, since quantizing may lengthen a row. */
#define SQUARE_AIM 0x1p29

#define LN2 0.6931471805599453

/* ----- Little-endian numbers ---------------------------------------------- */

static void put_number(uint8_t *p, size_t i, int value)
{
    p[2 * i] = (uint8_t)value;
    p[2 * i + 1] = (uint8_t)((unsigned)value >> 8);
}

static int get_number(const uint8_t *p, size_t i)
{
    return (int16_t)(uint16_t)(p[2 * i] | p[2 * i + 1] << 8);
}

/* ----- Rows --------------------------------------------------------------- */

static const w2b_transform *known(const w2b_code *code)
{
    return w2b_transform_at(code, code->params);
}

double w2b_transform_loudness(const w2b_transform *t, const float *y)
{
    double sum = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->dim; i++) {
        sum += (double)y[i] * y[i] * t->weight[i];
        n += t->spread[i] != W2B_SPREAD_NONE;
    }
    return n > 0 ? sum / n : 0;
}

int w2b_transform_gain(double loudness, double *factor)
{
    /* Quarter octaves of the gain are half octaves of its square. */
    const double place = w2b_log(loudness) * (2 / LN2) + W2B_GAIN_UNIT;
    const double most = W2B_GAINS - 1;
    *factor = 1;
    if (place > 0.5 && place < most + 0.5)
        return (int)(place + 0.5);
    *factor = w2b_exp(((place < 1 ? 1 : most) - place) * (LN2 / 4));
    return place < 1 ? 1 : (int)most;
}

int w2b_transform_quantize(const w2b_transform *t, float *y, int16_t *values)
{
    memset(values, 0, t->dim * sizeof *values);
    double square = 0;
    for (uint32_t i = 0; i < t->dim; i++)
        square += (double)y[i] * y[i];
    const double loudness = w2b_transform_loudness(t, y);
    if (!(loudness > 0) || loudness - loudness != 0)
        return 0;
    double factor;
    int gain = w2b_transform_gain(loudness, &factor);
    double per_step;
    for (;; gain++) {
        per_step = factor / ((double)t->step * w2b_half_to_float(t->scales[gain]));
        if (square * per_step * per_step < SQUARE_AIM || gain == W2B_GAINS - 1)
            break;
    }
    if (!(square * per_step * per_step < SQUARE_AIM))
        per_step = sqrt(SQUARE_AIM / square);
    uint8_t classes[W2B_TRANSFORM_DIM];
    uint16_t places[W2B_TRANSFORM_DIM];
    int16_t found[W2B_TRANSFORM_DIM];
    size_t n = 0;
    for (uint32_t i = 0; i < t->dim; i++) {
        const unsigned class = w2b_transform_class(t, i, gain);
        if (class == 0)
            continue;
        y[n] = (float)(y[i] * per_step);
        places[n] = (uint16_t)i;
        classes[n++] = (uint8_t) class;
    }
    w2b_trellis_encode(&t->rates, y, classes, n, found);
    for (size_t i = 0; i < n; i++)
        values[places[i]] = found[i];
    return gain;
}

void w2b_transform_turn(const w2b_transform *t, const float *basis, const float *x, float *y)
{
    float padded[W2B_TRANSFORM_DIM] = {0};
    memcpy(padded, x, t->dim * sizeof *x);
    w2b_scan_for(W2B_ISA_AUTO)->dot_f32(padded, 1, basis, t->dim, t->width, y, t->dim);
}

static void turn(const w2b_code *code, const float *x, float *y)
{
    w2b_transform_turn(known(code), known(code)->basis, x, y);
}

static void turn_back(const w2b_code *code, const float *y, float *x)
{
    w2b_transform_turn(known(code), known(code)->across, y, x);
}

static void encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    const w2b_transform *t = known(code);
    float y[W2B_TRANSFORM_DIM];
    int16_t values[W2B_TRANSFORM_DIM];
    memcpy(y, x, code->dim * sizeof *y);
    const int gain = w2b_transform_quantize(t, y, values);
    *scale = gain > 0 ? t->scales[gain] : 0;
    for (uint32_t i = 0; i < code->dim; i++)
        put_number(codes, i, values[i]);
}

static void decode(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x)
{
    const w2b_transform *t = known(code);
    const float step = t->step * w2b_half_to_float(scale);
    for (uint32_t i = 0; i < t->dim; i++)
        x[i] = step * (float)get_number(codes, i);
}

static void unpack(const w2b_code *code, const w2b_scan *scan, const uint8_t *codes, size_t n,
                   int16_t *rows)
{
    const size_t width = w2b_scan_width(code->dim);
    (void)scan;
    for (size_t r = 0; r < n; r++, codes += code->stride, rows += width) {
        for (uint32_t i = 0; i < code->dim; i++)
            rows[i] = (int16_t)get_number(codes, i);
        memset(rows + code->dim, 0, (width - code->dim) * sizeof *rows);
    }
}

/* ----- Blocks of rows ----------------------------------------------------- */

/* A number, its escape and its low bits, the last of it first. */
static void put_rank(w2b_rans_writer *writer, const w2b_rans_table *table, unsigned shift,
                     unsigned rank, int negative)
{
    const unsigned symbol = rank >> shift;
    if (rank > 0)
        w2b_rans_put_bits(writer, (uint32_t)negative, 1);
    w2b_rans_put_bits(writer, rank & ((1u << shift) - 1), shift);
    if (symbol >= W2B_RANK_ESCAPE) {
        const unsigned excess = symbol - W2B_RANK_ESCAPE, length = w2b_escape_length(excess);
        w2b_rans_put_bits(writer, (excess + 1) & ((1u << length) - 1), length);
        w2b_rans_put_bits(writer, length, 5);
    }
    w2b_rans_put(writer, table, symbol < W2B_RANK_ESCAPE ? symbol : W2B_RANK_ESCAPE);
}

static int gain_of_scale(const w2b_transform *t, uint16_t scale)
{
    int gain = 0;
    for (int half = W2B_GAINS / 2; half > 0; half /= 2)
        gain += t->scales[gain + half] <= scale ? half : 0;
    return gain;
}

static void put_row(w2b_rans_writer *writer, const w2b_transform *t, const uint8_t *codes,
                    uint16_t scale)
{
    const int gain = gain_of_scale(t, scale);
    uint8_t states[W2B_TRANSFORM_DIM], classes[W2B_TRANSFORM_DIM];
    unsigned state = 0;
    for (uint32_t i = 0; i < t->dim; i++) {
        const int value = get_number(codes, i);
        classes[i] = (uint8_t)(gain > 0 ? w2b_transform_class(t, i, gain) : 0);
        states[i] = (uint8_t)state;
        if (classes[i] > 0)
            state = w2b_trellis_next(
                state, w2b_rank_of(w2b_trellis_quantizer(state), value < 0 ? -value : value));
    }
    for (uint32_t i = t->dim; i-- > 0;) {
        if (classes[i] == 0)
            continue;
        const int value = get_number(codes, i);
        const unsigned quantizer = w2b_trellis_quantizer(states[i]);
        put_rank(writer, &t->ranks[classes[i]][quantizer], w2b_class_shift(classes[i]),
                 w2b_rank_of(quantizer, value < 0 ? -value : value), value < 0);
    }
    w2b_rans_put(writer, &t->gain_low[gain / 8], (unsigned)gain % 8);
    w2b_rans_put(writer, &t->gain_high, (unsigned)gain / 8);
}

static size_t squeeze_room(const w2b_code *code, size_t n)
{
    return n * (5 * (size_t)code->dim + 8) + 8;
}

static size_t squeeze(const w2b_code *code, const uint8_t *codes, const uint16_t *scales, size_t n,
                      uint8_t *room, size_t size)
{
    w2b_rans_writer writer;
    w2b_rans_start(&writer, room, size);
    for (size_t r = n; r-- > 0;)
        put_row(&writer, known(code), codes + r * code->stride, scales[r]);
    const uint8_t *stream;
    const size_t used = w2b_rans_finish(&writer, room + size, &stream);
    memmove(room, stream, used);
    return used;
}

static unsigned get_rank(w2b_rans_reader *reader, const w2b_rans_table *table, unsigned shift)
{
    unsigned symbol = w2b_rans_get(reader, table);
    if (symbol == W2B_RANK_ESCAPE) {
        const unsigned length = w2b_rans_get_bits(reader, 5);
        if (length > 13) {
            reader->bad = 1;
            return 0;
        }
        symbol += (1u << length | w2b_rans_get_bits(reader, length)) - 1;
    }
    return symbol << shift | w2b_rans_get_bits(reader, shift);
}

/* -1 if what comes is no row. */
static int get_row(w2b_rans_reader *reader, const w2b_transform *t, uint8_t *codes,
                   uint16_t *scale)
{
    const unsigned high = w2b_rans_get(reader, &t->gain_high);
    const unsigned low = w2b_rans_get(reader, &t->gain_low[high]);
    const int gain = (int)(8 * high + low);
    unsigned state = 0;
    int64_t square = 0;
    if (low >= 8)
        return -1;
    *scale = t->scales[gain];
    for (uint32_t i = 0; i < t->dim; i++) {
        const unsigned class = gain > 0 ? w2b_transform_class(t, i, gain) : 0;
        int value = 0;
        if (class > 0) {
            const unsigned quantizer = w2b_trellis_quantizer(state);
            const unsigned rank =
                get_rank(reader, &t->ranks[class][quantizer], w2b_class_shift(class));
            if (rank > W2B_RANK_MOST)
                return -1;
            value = w2b_rank_value(quantizer, rank);
            if (rank > 0 && w2b_rans_get_bits(reader, 1))
                value = -value;
            state = w2b_trellis_next(state, rank);
        }
        square += (int64_t)value * value;
        put_number(codes, i, value);
    }
    return reader->bad || square >= SQUARE_LIMIT ? -1 : 0;
}

static const char *expand(const w2b_code *code, const uint8_t *bytes, size_t size, size_t n,
                          uint8_t *codes, uint16_t *scales)
{
    w2b_rans_reader reader;
    w2b_rans_open(&reader, bytes, size);
    for (size_t r = 0; r < n; r++)
        if (get_row(&reader, known(code), codes + r * code->stride, &scales[r]))
            return "rows that cannot be";
    return w2b_rans_done(&reader) ? NULL : "bytes beyond its rows";
}

/* ----- The scheme --------------------------------------------------------- */

static void init(w2b_code *code)
{
    code->stride = 2 * (size_t)code->dim;
}

const w2b_scheme w2b_scheme_transform = {
    .method = W2B_METHOD_TRANSFORM,
    .name = "transform",
    .least_bits = 1,
    .most_bits = 8,
    .dim_limit = W2B_TRANSFORM_DIM,
    .sample_rows = W2B_TRANSFORM_SAMPLE,
    .init = init,
    .params_size = w2b_transform_size,
    .params_room = w2b_transform_room,
    .params_read = w2b_transform_read,
    .params_check = w2b_transform_check,
    .train_room = w2b_transform_train_room,
    .train = w2b_transform_train,
    .encode = encode,
    .decode = decode,
    .turn = turn,
    .turn_back = turn_back,
    .unpack = unpack,
    .squeeze_room = squeeze_room,
    .squeeze = squeeze,
    .expand = expand,
};
