/*
 * npy_write.c - writing NumPy's .npy files, version 1.0, with the words in a
 * file of their own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "io/format.h"
#include "io/little.h"
#include "io/npy.h"
#include "io/rows_out.h"
#include "io/wordlist.h"

/* The numbers begin at a multiple of 64 bytes; no shape needs more than this. */
#define HEAD 128
#define LENGTH_AT (W2B_NPY_MAGIC_SIZE + 2)
#define TEXT_AT (LENGTH_AT + 2)

static w2b_err write_head(w2b_out *out, uint32_t bits, uint64_t rows, uint32_t dim,
                          w2b_diag *diag)
{
    uint8_t head[HEAD];
    char text[HEAD - TEXT_AT];
    const int n = snprintf(text, sizeof text,
                           "{'descr': '<f%d', 'fortran_order': False, 'shape': (%" PRIu64
                           ", %" PRIu32 "), }", (int)bits / 8, rows, dim);
    memset(head, ' ', sizeof head);
    memcpy(head, W2B_NPY_MAGIC "\x01", W2B_NPY_MAGIC_SIZE + 2);
    w2b_put_u16(head + LENGTH_AT, sizeof text);
    memcpy(head + TEXT_AT, text, (size_t)n);
    head[HEAD - 1] = '\n';
    return w2b_out_write(out, head, sizeof head, diag);
}

static w2b_err write_both(const w2b_model *model, w2b_out *table, w2b_out *words,
                          const w2b_save_options *options, w2b_diag *diag)
{
    const uint64_t rows = w2b_rows_out_count(model, options);
    w2b_err err = write_head(table, w2b_rows_out_bits(model), rows, w2b_model_code(model)->dim,
                             diag);
    if (!err)
        err = w2b_wordlist_write(model, rows, words, diag);
    if (!err)
        err = w2b_rows_out_write(model, rows, NULL, table, options, diag);
    return err;
}

w2b_err w2b_npy_save(const w2b_model *model, const char *path, const w2b_save_options *options,
                     w2b_diag *diag)
{
    w2b_outs outs = {0};
    w2b_out *table, *words;
    char *beside = NULL;
    w2b_err err = w2b_wordlist_place(path, options, &beside, diag);
    if (err)
        return err;
    err = w2b_outs_open(&outs, path, options->replace, &table, diag);
    if (!err)
        err = w2b_outs_open(&outs, beside, options->replace, &words, diag);
    if (!err)
        err = write_both(model, table, words, options, diag);
    w2b_free(beside);
    return w2b_outs_end(&outs, err, diag);
}
