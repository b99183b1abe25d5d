/*
 * rows_out.h - the vectors of a model as a plain table of numbers, for writers
 * of formats that hold one.
 */
#ifndef W2B_IO_ROWS_OUT_H
#define W2B_IO_ROWS_OUT_H

#include "io/model.h"
#include "io/out.h"
#include "io/progress.h"

/* Rows that a writer is to write. */
uint64_t w2b_rows_out_count(const w2b_model *model, const w2b_save_options *options);

/* Bits of a number in the table: 16 if the model has these, so that nothing is
 * lost and nothing added, else 32. */
uint32_t w2b_rows_out_bits(const w2b_model *model);

/* Writes rows [0, rows) in little-endian order, without anything between. If
 * `norms` is not NULL, each row is divided by its length, which goes to
 * norms[row]; numbers then have 32 bits. Tells the callback of `options`. */
w2b_err w2b_rows_out_write(const w2b_model *model, uint64_t rows, float *norms, w2b_out *out,
                           const w2b_save_options *options, w2b_diag *diag);

#endif
