/*
 * pq.c - product quantization (Jegou et al. 2011).
 *
 * Differences from the paper: centroids are whole numbers up to 127 with one
 * step for all of them, and a row has a scale of its own, of least squares, so
 * that parts are learned from rows of length 1 and frequent words, whose rows
 * are long, do not decide alone. Rounding to whole numbers adds less than a
 * hundredth to the error up to 4 bits a number.
 */
#include "quant/pq.h"

#include <math.h> /* sqrt alone: exact by IEEE 754 */
#include <string.h>

#include "quant/num.h"
#include "quant/scalar.h"

/* A row is coded at the scale of its root mean square, then so many times at
 * the scale of least squares for the codes before. */
#define ENCODE_ROUNDS 2

static float book_step(const uint8_t *book)
{
    float step;
    memcpy(&step, book, sizeof step);
    return step;
}

static const int8_t *book_numbers(const uint8_t *book)
{
    return (const int8_t *)book + sizeof(float);
}

/* ----- Coding ------------------------------------------------------------- */

/* Chooses codes at some scale; returns the scale of least squares for them. */
static double encode_at(const w2b_code *code, const w2b_near *near, const int8_t *numbers,
                        const float *x, double scale, uint8_t *codes)
{
    double product = 0;
    int64_t squares = 0;
    for (size_t part = 0; part < code->stride; part++) {
        const uint32_t begin = w2b_pq_begin(code, part), end = w2b_pq_begin(code, part + 1);
        float scaled[W2B_PQ_PART_MOST];
        for (uint32_t i = begin; i < end; i++)
            scaled[i - begin] = (float)(x[i] / scale);
        const int8_t *own = numbers + (size_t)begin * W2B_PQ_CENTROIDS;
        const int best = near->numbers(own, scaled, end - begin);
        codes[part] = (uint8_t)best;
        for (uint32_t i = begin; i < end; i++, own += W2B_PQ_CENTROIDS) {
            product += (double)x[i] * own[best];
            squares += own[best] * own[best];
        }
    }
    return squares > 0 && product > 0 ? product / (double)squares : scale;
}

void w2b_pq_encode(const w2b_code *code, const uint8_t *book, const float *x, uint8_t *codes,
                   uint16_t *scale)
{
    const int8_t *numbers = book_numbers(book);
    const w2b_near *near = w2b_near_for(W2B_ISA_AUTO);
    const w2b_moments m = w2b_moments_of(x, code->dim);
    *scale = 0;
    double best = sqrt(m.squares / code->dim) * book_step(book);
    if (!(best > 0)) {
        encode_at(code, near, numbers, x, 1.0, codes);
        return;
    }
    for (int round = 0; round < ENCODE_ROUNDS; round++)
        best = encode_at(code, near, numbers, x, best, codes);
    *scale = w2b_scale_to_half(code, &best);
}

void w2b_pq_decode(const w2b_code *code, const uint8_t *book, const uint8_t *codes,
                   uint16_t scale, float *x)
{
    const int8_t *numbers = book_numbers(book);
    const float factor = code->unit * w2b_half_to_float(scale);
    for (size_t part = 0; part < code->stride; part++)
        for (uint32_t i = w2b_pq_begin(code, part); i < w2b_pq_begin(code, part + 1); i++)
            x[i] = factor * numbers[(size_t)i * W2B_PQ_CENTROIDS + codes[part]];
}

/* Number by number, so that its 256 values stay in the first cache. */
void w2b_pq_unpack(const w2b_code *code, const uint8_t *book, const uint8_t *codes, size_t n,
                   int16_t *rows)
{
    const size_t width = w2b_scan_width(code->dim);
    const int8_t *own = book_numbers(book);
    for (size_t part = 0; part < code->stride; part++) {
        const uint32_t end = w2b_pq_begin(code, part + 1);
        for (uint32_t i = w2b_pq_begin(code, part); i < end; i++, own += W2B_PQ_CENTROIDS)
            for (size_t row = 0; row < n; row++)
                rows[row * width + i] = own[codes[row * code->stride + part]];
    }
    for (size_t row = 0; row < n; row++)
        memset(rows + row * width + code->dim, 0, (width - code->dim) * sizeof *rows);
}

const char *w2b_pq_check(const w2b_code *code, const uint8_t *book)
{
    const int8_t *numbers = book_numbers(book);
    const float step = book_step(book);
    if (!(step > 0) || step - step != 0)
        return "the step of the centroids is not a positive number";
    for (size_t i = 0; i < (size_t)code->dim * W2B_PQ_CENTROIDS; i++)
        if (numbers[i] == -128)
            return "a centroid is beyond -127 to 127";
    return NULL;
}

/* ----- The method --------------------------------------------------------- */

static size_t params_size(const w2b_code *code)
{
    return w2b_pq_book_size(code);
}

/* Rows, then centroids. */
static size_t train_room(const w2b_code *code, size_t n)
{
    return (n + W2B_PQ_CENTROIDS) * code->dim * sizeof(float);
}

static void train(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room)
{
    float *rows = room, *centroids = rows + lesson->n * code->dim;
    const size_t n = w2b_pq_normalize(code, lesson, rows);
    w2b_pq_cluster(code, lesson, rows, n, 20, 0, centroids);
    w2b_pq_round(code, centroids, params);
}

static void encode(const w2b_code *code, const float *x, uint8_t *codes, uint16_t *scale)
{
    w2b_pq_encode(code, code->params, x, codes, scale);
}

static void decode(const w2b_code *code, const uint8_t *codes, uint16_t scale, float *x)
{
    w2b_pq_decode(code, code->params, codes, scale, x);
}

static void unpack(const w2b_code *code, const w2b_scan *scan, const uint8_t *codes, size_t n,
                   int16_t *rows)
{
    (void)scan;
    w2b_pq_unpack(code, code->params, codes, n, rows);
}

static void table(const w2b_code *code, const int16_t *row, int32_t *to)
{
    w2b_pq_table(code, code->params, row, to);
}

static const char *params_check(const w2b_code *code)
{
    return w2b_pq_check(code, code->params);
}

const w2b_scheme w2b_scheme_pq = {
    .method = W2B_METHOD_PQ,
    .name = "pq",
    .least_bits = 1,
    .most_bits = 8,
    .part_most = W2B_PQ_PART_MOST,
    .sample_rows = 16384,
    .params_size = params_size,
    .params_check = params_check,
    .train_room = train_room,
    .train = train,
    .encode = encode,
    .decode = decode,
    .unpack = unpack,
    .table = table,
    .table_dots = w2b_pq_table_dots,
};
