/*
 * rows_out.c - the vectors of a model as a plain table of numbers.
 */
#include <math.h>
#include <string.h>

#include "io/rows_out.h"

uint64_t w2b_rows_out_count(const w2b_model *model, const w2b_save_options *options)
{
    const uint64_t all = w2b_model_words(model);
    return options->limit > 0 && options->limit < all ? options->limit : all;
}

uint32_t w2b_rows_out_bits(const w2b_model *model)
{
    return w2b_model_code(model)->bits == 16 ? 16 : 32;
}

/* Divides by the length, which it returns. */
static float normalize(float *vector, uint32_t dim)
{
    double sum = 0;
    for (uint32_t i = 0; i < dim; i++)
        sum += (double)vector[i] * (double)vector[i];
    const float norm = (float)sqrt(sum);
    if (norm > 0) {
        for (uint32_t i = 0; i < dim; i++)
            vector[i] /= norm;
    }
    return norm;
}

typedef struct writer {
    const w2b_model *model;
    w2b_code plain;     /* of the table */
    float *vector;
    uint8_t *bytes;     /* of one row */
    float *norms;
    w2b_out *out;
} writer;

static w2b_err write_row(const writer *w, uint64_t row, const uint8_t *codes, uint16_t scale,
                         w2b_diag *diag)
{
    uint16_t unused;
    w2b_code_decode(w2b_model_code(w->model), codes, scale, w->vector);
    for (uint32_t i = 0; i < w->plain.dim; i++) {
        if (!(w->vector[i] - w->vector[i] == 0))
            return w2b_fail(diag, W2B_ERR_DATA, "row %llu has a number that is not finite",
                            (unsigned long long)row);
    }
    if (w->norms)
        w->norms[row] = normalize(w->vector, w->plain.dim);
    w2b_code_encode(&w->plain, w->vector, w->bytes, &unused);
    return w2b_out_write(w->out, w->bytes, w->plain.stride, diag);
}

static w2b_err write_rows(const writer *w, uint64_t rows, const w2b_save_options *options,
                          w2b_diag *diag)
{
    const size_t stride = w2b_model_code(w->model)->stride;
    w2b_meter meter;
    w2b_err err = W2B_OK;
    uint64_t row = 0;
    w2b_meter_start(&meter, options->progress, options->progress_user, W2B_STAGE_WRITE, "rows");
    for (size_t block = 0; !err && row < rows; block++) {
        w2b_rows got;
        err = w2b_model_block(w->model, block, &got, diag);
        for (size_t i = 0; !err && i < got.n && row < rows; i++, row++) {
            err = write_row(w, row, got.codes + i * stride, got.scales ? got.scales[i] : 0, diag);
            if (!err)
                err = w2b_meter_tick(&meter, row + 1, rows, diag);
        }
    }
    if (!err)
        err = w2b_model_unchanged(w->model, diag);
    return err ? err : w2b_meter_finish(&meter, rows, rows, diag);
}

w2b_err w2b_rows_out_write(const w2b_model *model, uint64_t rows, float *norms, w2b_out *out,
                           const w2b_save_options *options, w2b_diag *diag)
{
    const uint32_t dim = w2b_model_code(model)->dim;
    writer w = {.model = model, .norms = norms, .out = out};
    w2b_err err = W2B_ERR_MEMORY;
    if (w2b_code_init(&w.plain, W2B_METHOD_FLOAT, norms ? 32 : w2b_rows_out_bits(model), dim))
        return w2b_fail(diag, W2B_ERR_LIMIT, "vectors of %u numbers are not possible",
                        (unsigned)dim);
    w.vector = w2b_alloc(dim, sizeof *w.vector);
    w.bytes = w2b_alloc(w.plain.stride, 1);
    if (w.vector && w.bytes)
        err = write_rows(&w, rows, options, diag);
    else
        w2b_fail_memory(diag, (uint64_t)dim * 8, "a vector");
    w2b_free(w.vector);
    w2b_free(w.bytes);
    return err;
}
