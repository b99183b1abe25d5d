/*
 * rows.c - single rows in the form that is worked with. See search.h.
 */
#include <math.h>
#include <string.h>

#include "eval/search.h"
#include "quant/scheme.h"

size_t w2b_row_bytes(const w2b_search *search)
{
    return search->width * (search->floating ? sizeof(float) : sizeof(int16_t));
}

/* What the second cache of most processors holds. */
#define TABLE_BYTES ((size_t)1 << 20)

size_t w2b_rows_table(const w2b_search *search)
{
    const size_t numbers = search->code->stride * 256;
    const int fits = numbers * sizeof(int32_t) <= TABLE_BYTES;
    return search->code->scheme->table != NULL && fits ? numbers : 0;
}

void w2b_rows_unpack(const w2b_search *search, const uint8_t *codes, size_t n, void *rows)
{
    const w2b_code *const code = search->code;
    if (code->bits == 32) {
        search->scan->widen_f32(codes, n, code->dim, rows);
    } else if (code->bits == 16) {
        search->scan->widen_f16(codes, n, code->dim, rows);
    } else if (code->scheme->unpack != NULL) {
        code->scheme->unpack(code, search->scan, codes, n, rows);
    } else {
        search->scan->unpack(codes, code->stride, n, code->dim, code->bits, code->levels, rows);
    }
}

void w2b_row_fit(float *row, size_t width)
{
    float largest = 0;
    int finite = 1;
    for (size_t i = 0; i < width; i++) {
        finite &= isfinite(row[i]) != 0;
        largest = fabsf(row[i]) > largest ? fabsf(row[i]) : largest;
    }
    if (!finite || largest == 0) {
        memset(row, 0, width * sizeof *row);
        return;
    }
    double scale = 1;
    while (largest * scale >= 2) {
        scale *= 0.5;
    }
    while (largest * scale < 1) {
        scale *= 2;
    }
    for (size_t i = 0; i < width; i++) {
        row[i] = (float)(row[i] * scale);
    }
}

double w2b_row_inverse_int(const w2b_search *search, const int16_t *row)
{
    int32_t square;
    search->scan->dot_i16(row, 1, row, 1, search->width, &square, 1);
    return square > 0 ? 1 / sqrt(square) : 0;
}

double w2b_row_inverse_float(const w2b_search *search, float *row)
{
    float square;
    search->scan->dot_f32(row, 1, row, 1, search->width, &square, 1);
    if (square >= 1e-20f && square <= 1e30f) {
        return 1 / sqrt(square);
    }
    w2b_row_fit(row, search->width);
    search->scan->dot_f32(row, 1, row, 1, search->width, &square, 1);
    return square > 0 ? -1 / sqrt(square) : -1;
}

double w2b_sign_inverse(const w2b_search *search)
{
    const int level = search->code->levels[1];
    return 1 / sqrt((double)level * level * search->code->dim);
}

int32_t w2b_sign_dot(const w2b_search *search, uint32_t differing)
{
    const uint32_t level = (uint32_t)search->code->levels[1];
    return (int32_t)(level * level * (search->code->dim - 2 * differing));
}
