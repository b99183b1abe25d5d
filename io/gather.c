/*
 * gather.c - a model made row by row, for formats of float vectors.
 */
#include <string.h>

#include "io/gather.h"

/* Moves the codes to room for `rows`. */
static w2b_err resize(w2b_gather *g, size_t rows, w2b_diag *diag)
{
    size_t bytes;
    w2b_parts *parts = &g->parts;
    if (w2b_mul(rows, parts->code.stride, &bytes) != 0)
        return w2b_fail_memory(diag, UINT64_MAX, "vectors");
    uint8_t *codes = w2b_pages(bytes);
    if (!codes)
        return w2b_fail_memory(diag, bytes, "vectors");
    if (parts->codes) {
        memcpy(codes, parts->codes, parts->words * parts->code.stride);
        w2b_pages_free(parts->codes, parts->code_room);
    }
    parts->codes = codes;
    parts->code_room = bytes;
    g->rows_room = rows;
    return W2B_OK;
}

w2b_err w2b_gather_start(w2b_gather *gather, uint32_t dim, uint64_t expected,
                         const char *format, w2b_diag *diag)
{
    memset(gather, 0, sizeof *gather);
    gather->parts.format = format;
    if (w2b_code_init(&gather->parts.code, W2B_METHOD_FLOAT, 32, dim) != 0)
        return w2b_fail(diag, W2B_ERR_LIMIT, "vectors of %u numbers are not possible",
                        (unsigned int)dim);
    /* Untouched pages cost nothing: the reservation may be generous, and if it
     * is refused, growing may still do. */
    if (expected > 0 && expected < SIZE_MAX)
        (void)resize(gather, (size_t)expected, NULL);
    return W2B_OK;
}

static w2b_err add_word(w2b_gather *g, const char *word, size_t length, w2b_diag *diag)
{
    w2b_parts *parts = &g->parts;
    size_t need;
    if (w2b_add(g->bytes_n, length, &need) != 0 || w2b_add(need, 1, &need) != 0 ||
        w2b_grow((void **)&parts->bytes, &g->bytes_room, need, 1) != 0)
        return w2b_fail_memory(diag, (uint64_t)g->bytes_room + length, "words");
    const size_t starts = (size_t)parts->words + 2;
    if (w2b_grow((void **)&parts->starts, &g->starts_room, starts, sizeof *parts->starts) != 0)
        return w2b_fail_memory(diag, starts * sizeof *parts->starts, "words");
    memcpy(parts->bytes + g->bytes_n, word, length);
    parts->bytes[need - 1] = 0;
    parts->starts[parts->words] = g->bytes_n;
    parts->starts[parts->words + 1] = need;
    g->bytes_n = need;
    return W2B_OK;
}

/* Room for one more row in front of which everything is in place. */
static w2b_err add_row(w2b_gather *g, const char *word, size_t length, uint8_t **row,
                       w2b_diag *diag)
{
    w2b_parts *parts = &g->parts;
    if (parts->words >= g->rows_room) {
        /* By half as much again, from 64 KiB on. */
        const size_t first = ((size_t)64 << 10) / parts->code.stride + 1;
        size_t rows;
        if (w2b_add(g->rows_room, g->rows_room / 2, &rows) != 0)
            return w2b_fail_memory(diag, UINT64_MAX, "vectors");
        const w2b_err err = resize(g, rows > first ? rows : first, diag);
        if (err)
            return err;
    }
    const w2b_err err = add_word(g, word, length, diag);
    if (err)
        return err;
    *row = parts->codes + parts->words * parts->code.stride;
    parts->words++;
    return W2B_OK;
}

w2b_err w2b_gather_add(w2b_gather *gather, const char *word, size_t length,
                       const float *vector, w2b_diag *diag)
{
    uint8_t *row;
    uint16_t scale;
    const w2b_err err = add_row(gather, word, length, &row, diag);
    if (!err)
        w2b_code_encode(&gather->parts.code, vector, row, &scale);
    return err;
}

w2b_err w2b_gather_add_bytes(w2b_gather *gather, const char *word, size_t length,
                             const uint8_t *vector, w2b_diag *diag)
{
    uint8_t *row;
    const w2b_err err = add_row(gather, word, length, &row, diag);
    if (!err)
        memcpy(row, vector, gather->parts.code.stride);
    return err;
}

w2b_err w2b_gather_finish(w2b_gather *gather, w2b_model **model, w2b_diag *diag)
{
    const w2b_err err = w2b_model_make(&gather->parts, model, diag);
    memset(gather, 0, sizeof *gather);
    return err;
}

void w2b_gather_abort(w2b_gather *gather)
{
    w2b_pages_free(gather->parts.codes, gather->parts.code_room);
    w2b_free(gather->parts.bytes);
    w2b_free(gather->parts.starts);
    memset(gather, 0, sizeof *gather);
}
