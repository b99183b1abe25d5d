/*
 * probe.c - vectors to compare with. See search.h.
 */
#include <math.h>
#include <string.h>

#include "eval/search.h"
#include "quant/scheme.h"

#define PROBE_BYTES ((size_t)16 << 20)
#define PROBES_MAX 1024

/* sum |q| * 127 < 2^31; or where rows are squeezed, whose squares are below 2^30,
 * |q| < 2^16 (by the inequality of Cauchy and Schwarz). */
#define SUM_LIMIT 16909320.0
#define LENGTH_LIMIT 65535.0

size_t w2b_probes_limit(const w2b_search *search)
{
    const size_t limit = PROBE_BYTES / w2b_row_bytes(search);
    return limit > PROBES_MAX ? PROBES_MAX : limit < 3 ? 3 : limit;
}

int w2b_probes_make(w2b_probes *probes, const w2b_search *search, size_t room, int as_codes)
{
    memset(probes, 0, sizeof *probes);
    probes->room = room;
    probes->as_codes = as_codes && search->signs;
    probes->inverses = w2b_alloc(room, sizeof *probes->inverses);
    probes->outside = w2b_alloc_zero(room, sizeof *probes->outside);
    void *numbers = NULL;
    if (probes->as_codes) {
        numbers = probes->codes = w2b_alloc(room, search->code->stride);
    } else if (search->floating) {
        numbers = probes->floats = w2b_alloc(room, w2b_row_bytes(search));
    } else {
        numbers = probes->ints = w2b_alloc(room, w2b_row_bytes(search));
    }
    if (probes->inverses == NULL || probes->outside == NULL || numbers == NULL) {
        w2b_probes_free(probes);
        return -1;
    }
    return 0;
}

void w2b_probes_free(w2b_probes *probes)
{
    w2b_free(probes->codes);
    w2b_free(probes->ints);
    w2b_free(probes->floats);
    w2b_free(probes->inverses);
    w2b_free(probes->outside);
    memset(probes, 0, sizeof *probes);
}

w2b_err w2b_probes_row(w2b_search *search, w2b_probes *probes, size_t i, uint64_t row,
                       w2b_diag *diag)
{
    const uint8_t *codes;
    uint16_t scale;
    const w2b_err err = w2b_model_row(search->model, row, &codes, &scale, diag);
    if (err != W2B_OK) {
        return err;
    }
    probes->outside[i] = 0;
    if (probes->as_codes) {
        memcpy(probes->codes + i * search->code->stride, codes, search->code->stride);
        probes->inverses[i] = w2b_sign_inverse(search);
    } else if (search->floating) {
        float *const numbers = probes->floats + i * search->width;
        w2b_rows_unpack(search, codes, 1, numbers);
        probes->inverses[i] = fabs(w2b_row_inverse_float(search, numbers));
    } else {
        int16_t *const numbers = probes->ints + i * search->width;
        w2b_rows_unpack(search, codes, 1, numbers);
        probes->inverses[i] = w2b_row_inverse_int(search, numbers);
    }
    return W2B_OK;
}

/* Adds weight * row / |row| to search->sum. */
static w2b_err sum_add(w2b_search *search, const w2b_term *term, w2b_diag *diag)
{
    const uint8_t *codes;
    uint16_t scale;
    const w2b_err err = w2b_model_row(search->model, term->row, &codes, &scale, diag);
    if (err != W2B_OK) {
        return err;
    }
    w2b_rows_unpack(search, codes, 1, search->row);
    if (search->floating) {
        float *const row = search->row;
        const double weight = fabs(w2b_row_inverse_float(search, row)) * term->weight;
        for (size_t j = 0; j < search->code->dim; j++) {
            search->sum[j] += weight * row[j];
        }
    } else {
        const int16_t *const row = search->row;
        const double weight = w2b_row_inverse_int(search, row) * term->weight;
        for (size_t j = 0; j < search->code->dim; j++) {
            search->sum[j] += weight * row[j];
        }
    }
    return W2B_OK;
}

/* search->sum, divided by its largest number, to probe i. */
static void sum_round(const w2b_search *search, w2b_probes *probes, size_t i, double largest)
{
    const size_t dim = search->code->dim;
    if (search->floating) {
        float *const numbers = probes->floats + i * search->width;
        memset(numbers, 0, w2b_row_bytes(search));
        for (size_t j = 0; j < dim; j++) {
            numbers[j] = (float)(search->sum[j] / largest);
        }
        probes->inverses[i] = fabs(w2b_row_inverse_float(search, numbers));
        return;
    }
    double total = 0, length = 0;
    for (size_t j = 0; j < dim; j++) {
        const double x = search->sum[j] / largest;
        total += fabs(x);
        length += x * x;
    }
    /* Rounding adds at most half a unit to each number. */
    const double room = w2b_code_squeezes(search->code)
                            ? (LENGTH_LIMIT - sqrt((double)dim)) / sqrt(length)
                            : (SUM_LIMIT - (double)dim) / total;
    const double scale = room < 32767 ? room : 32767;
    int16_t *const numbers = probes->ints + i * search->width;
    memset(numbers, 0, w2b_row_bytes(search));
    int64_t square = 0;
    for (size_t j = 0; j < dim; j++) {
        const double x = search->sum[j] / largest * scale;
        numbers[j] = (int16_t)(x < 0 ? x - 0.5 : x + 0.5);
        square += (int64_t)numbers[j] * numbers[j];
    }
    probes->inverses[i] = 1 / sqrt((double)square);
}

w2b_err w2b_probes_sum(w2b_search *search, w2b_probes *probes, size_t i, const w2b_query *query,
                       w2b_diag *diag)
{
    const size_t dim = search->code->dim;
    memset(search->sum, 0, dim * sizeof *search->sum);
    probes->outside[i] = query->n_terms == 0;
    for (size_t t = 0; t < query->n_terms; t++) {
        const w2b_err err = sum_add(search, &query->terms[t], diag);
        if (err != W2B_OK) {
            return err;
        }
    }
    float *const turned = search->row;
    if (query->vector != NULL) {
        w2b_code_turn(search->code, query->vector, turned);
    }
    double largest = 0;
    for (size_t j = 0; j < dim; j++) {
        search->sum[j] += query->vector != NULL ? turned[j] : 0;
        largest = fabs(search->sum[j]) > largest ? fabs(search->sum[j]) : largest;
    }
    if (largest > 0) {
        sum_round(search, probes, i, largest);
        return W2B_OK;
    }
    void *const numbers = search->floating ? (void *)(probes->floats + i * search->width)
                                           : (void *)(probes->ints + i * search->width);
    memset(numbers, 0, w2b_row_bytes(search));
    probes->inverses[i] = 0;
    return W2B_OK;
}

double w2b_probes_cosine(const w2b_search *search, const w2b_probes *probes, size_t i, size_t j)
{
    const w2b_scan *const scan = search->scan;
    const size_t width = search->width;
    const double inverse = probes->inverses[i] * probes->inverses[j];
    if (probes->as_codes) {
        const size_t stride = search->code->stride;
        uint32_t differing;
        scan->hamming(probes->codes + i * stride, probes->codes + j * stride, stride, 1,
                      &differing);
        return (double)w2b_sign_dot(search, differing) * inverse;
    }
    if (search->floating) {
        float dot;
        scan->dot_f32(probes->floats + i * width, 1, probes->floats + j * width, 1, width, &dot,
                      1);
        return (double)dot * inverse;
    }
    int32_t dot;
    scan->dot_i16(probes->ints + i * width, 1, probes->ints + j * width, 1, width, &dot, 1);
    return (double)dot * inverse;
}
