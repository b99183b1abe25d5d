/*
 * matrix.c - rows of numbers that are added up to the vectors of words.
 */
#include <string.h>

#include "io/element.h"
#include "io/little.h"
#include "io/matrix.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats are added as they lie in files");

static float norm_of(const w2b_matrix *m, uint64_t row)
{
    float norm = 1;
    if (m->norm_book)
        return m->norm_book[m->norms.bytes[row]];
    if (m->norms.bytes)
        memcpy(&norm, m->norms.bytes + row * sizeof norm, sizeof norm);
    return norm;
}

void w2b_matrix_add(const w2b_matrix *matrix, uint64_t row, float *sum)
{
    const w2b_matrix *m = matrix;
    if (m->dense.bytes) {
        const uint8_t *bytes = m->dense.bytes + row * m->dim * sizeof(float);
        for (uint32_t i = 0; i < m->dim; i++) {
            float x;
            memcpy(&x, bytes + i * sizeof x, sizeof x);
            sum[i] += x;
        }
        return;
    }
    const uint8_t *codes = m->codes.bytes + row * m->parts;
    const float norm = norm_of(m, row);
    for (uint32_t p = 0; p < m->parts; p++) {
        const uint32_t begin = p * m->width;
        const uint32_t width = m->dim - begin < m->width ? m->dim - begin : m->width;
        const float *centroid = m->book + (size_t)begin * m->centroids + (size_t)codes[p] * width;
        for (uint32_t i = 0; i < width; i++)
            sum[begin + i] += norm * centroid[i];
    }
}

void w2b_matrix_turn(const w2b_matrix *matrix, float *sum, float *room)
{
    const w2b_matrix *m = matrix;
    if (!m->turn)
        return;
    memcpy(room, sum, m->dim * sizeof *room);
    for (uint32_t j = 0; j < m->dim; j++) {
        const float *row = m->turn + (size_t)j * m->dim;
        float product = 0;
        for (uint32_t i = 0; i < m->dim; i++)
            product += room[i] * row[i];
        sum[j] = product;
    }
}

w2b_err w2b_matrix_floats(w2b_binary *file, uint64_t n, const char *what, float **floats,
                          w2b_diag *diag)
{
    w2b_bulk bulk = {0};
    w2b_err err = w2b_binary_load(file, n, sizeof(float), what, &bulk, diag);
    if (err)
        return err;
    float *made = w2b_alloc((size_t)n, sizeof *made);
    if (!made)
        err = w2b_fail_memory(diag, n * sizeof *made, what);
    else if (w2b_element_read(W2B_ELEMENT_F32, 0, bulk.bytes, sizeof(float), (size_t)n, made) < n)
        err = w2b_binary_fail(file, W2B_ERR_DATA, diag, "a number of %s is not finite", what);
    w2b_bulk_free(&bulk);
    if (err)
        w2b_free(made);
    else
        *floats = made;
    return err;
}

uint64_t w2b_matrix_bytes(const w2b_matrix *matrix)
{
    const w2b_matrix *m = matrix;
    return (uint64_t)m->dense.size + m->codes.size + m->norms.size;
}

void w2b_matrix_free(w2b_matrix *matrix)
{
    w2b_bulk_free(&matrix->dense);
    w2b_bulk_free(&matrix->codes);
    w2b_bulk_free(&matrix->norms);
    w2b_free(matrix->book);
    w2b_free(matrix->turn);
    w2b_free(matrix->norm_book);
    *matrix = (w2b_matrix){0};
}
