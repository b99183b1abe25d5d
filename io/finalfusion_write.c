/*
 * finalfusion_write.c - writing finalfusion's files: words, rows of length 1 and
 * the lengths that they had.
 */
#include <inttypes.h>
#include <string.h>

#include "io/finalfusion.h"
#include "io/format.h"
#include "io/little.h"
#include "io/rows_out.h"
#include "io/utf8.h"

static w2b_err put_u32(w2b_out *out, uint32_t value, w2b_diag *diag)
{
    uint8_t bytes[4];
    w2b_put_u32(bytes, value);
    return w2b_out_write(out, bytes, sizeof bytes, diag);
}

static w2b_err put_u64(w2b_out *out, uint64_t value, w2b_diag *diag)
{
    uint8_t bytes[8];
    w2b_put_u64(bytes, value);
    return w2b_out_write(out, bytes, sizeof bytes, diag);
}

static w2b_err put_padding(w2b_out *out, w2b_diag *diag)
{
    static const uint8_t zeros[4];
    return w2b_out_write(out, zeros, w2b_fifu_padding(w2b_out_offset(out)), diag);
}

static w2b_err begin_chunk(w2b_out *out, uint32_t id, uint64_t length, w2b_diag *diag)
{
    const w2b_err err = put_u32(out, id, diag);
    return err ? err : put_u64(out, length, diag);
}

/* Bytes of the words. The format wants them in UTF-8 and all different. */
static w2b_err measure_words(const w2b_model *model, uint64_t rows, uint64_t *bytes,
                             w2b_diag *diag)
{
    *bytes = 0;
    for (uint64_t row = 0; row < rows; row++) {
        const char *word = NULL;
        size_t length = 0;
        int64_t first = 0;
        w2b_err err = w2b_model_word_at(model, row, &word, &length, diag);
        if (!err)
            err = w2b_model_find_at(model, word, length, &first, diag);
        if (err)
            return err;
        if (!w2b_utf8_sound(word, length))
            return w2b_fail(diag, W2B_ERR_DATA, "the word of row %" PRIu64
                            " is not UTF-8: this format cannot hold it", row);
        if ((uint64_t)first != row)
            return w2b_fail(diag, W2B_ERR_DATA, "the word of row %" PRIu64 " is that of row %"
                            PRId64 ", too: this format cannot hold both", row, first);
        *bytes += length;
    }
    return W2B_OK;
}

static w2b_err write_words(const w2b_model *model, uint64_t rows, w2b_out *out, w2b_diag *diag)
{
    uint64_t bytes;
    w2b_err err = measure_words(model, rows, &bytes, diag);
    if (!err)
        err = begin_chunk(out, W2B_FIFU_WORDS, 8 + 4 * rows + bytes, diag);
    if (!err)
        err = put_u64(out, rows, diag);
    for (uint64_t row = 0; !err && row < rows; row++) {
        const char *word;
        size_t length;
        err = w2b_model_word_at(model, row, &word, &length, diag);
        if (!err)
            err = put_u32(out, (uint32_t)length, diag);
        if (!err)
            err = w2b_out_write(out, word, length, diag);
    }
    return err;
}

/* Padding follows 8 + 4 + 4 bytes of numbers, or 8 + 4, and depends on where
 * that is in the file. */
static w2b_err write_rows(const w2b_model *model, uint64_t rows, float *norms, w2b_out *out,
                          const w2b_save_options *options, w2b_diag *diag)
{
    const uint32_t dim = w2b_model_code(model)->dim;
    const size_t padding = w2b_fifu_padding(w2b_out_offset(out) + 12 + 16);
    w2b_err err = begin_chunk(out, W2B_FIFU_ROWS, 16 + padding + rows * dim * sizeof(float),
                              diag);
    if (!err)
        err = put_u64(out, rows, diag);
    if (!err)
        err = put_u32(out, dim, diag);
    if (!err)
        err = put_u32(out, W2B_FIFU_F32, diag);
    if (!err)
        err = put_padding(out, diag);
    return err ? err : w2b_rows_out_write(model, rows, norms, out, options, diag);
}

static w2b_err write_norms(uint64_t rows, const float *norms, w2b_out *out, w2b_diag *diag)
{
    const size_t padding = w2b_fifu_padding(w2b_out_offset(out) + 12 + 12);
    w2b_err err = begin_chunk(out, W2B_FIFU_NORMS, 12 + padding + rows * sizeof *norms, diag);
    if (!err)
        err = put_u64(out, rows, diag);
    if (!err)
        err = put_u32(out, W2B_FIFU_F32, diag);
    if (!err)
        err = put_padding(out, diag);
    for (uint64_t row = 0; !err && row < rows; row++) {
        uint32_t bits;
        memcpy(&bits, norms + row, sizeof bits);
        err = put_u32(out, bits, diag);
    }
    return err;
}

w2b_err w2b_finalfusion_write(const w2b_model *model, w2b_out *out,
                              const w2b_save_options *options, w2b_diag *diag)
{
    static const uint32_t head[] = {0, 3, W2B_FIFU_WORDS, W2B_FIFU_ROWS, W2B_FIFU_NORMS};
    const uint64_t rows = w2b_rows_out_count(model, options);
    float *norms = w2b_alloc((size_t)rows, sizeof *norms);
    if (!norms)
        return w2b_fail_memory(diag, rows * sizeof *norms, "norms");
    w2b_err err = w2b_out_write(out, W2B_FIFU_MAGIC, W2B_FIFU_MAGIC_SIZE, diag);
    for (size_t i = 0; !err && i < sizeof head / sizeof head[0]; i++)
        err = put_u32(out, head[i], diag);
    if (!err)
        err = write_words(model, rows, out, diag);
    if (!err)
        err = write_rows(model, rows, norms, out, options, diag);
    if (!err)
        err = write_norms(rows, norms, out, diag);
    w2b_free(norms);
    return err;
}
