/*
 * gather.h - a model made row by row, for formats of float vectors.
 *
 * Memory follows the rows that arrive, not what a file's header claims.
 */
#ifndef W2B_IO_GATHER_H
#define W2B_IO_GATHER_H

#include "io/model.h"

typedef struct w2b_gather {
    w2b_parts parts;
    size_t bytes_n;       /* used of parts.bytes */
    size_t bytes_room;
    size_t starts_room;
    size_t rows_room;     /* rows that fit parts.codes */
} w2b_gather;

/* `expected` rows are reserved at once: pass what the size of the file can
 * hold at most, or 0. `format` as in w2b_parts. */
w2b_err w2b_gather_start(w2b_gather *gather, uint32_t dim, uint64_t expected,
                         const char *format, w2b_diag *diag);

/* One more row; `vector` has `dim` numbers, all of them finite. */
w2b_err w2b_gather_add(w2b_gather *gather, const char *word, size_t length,
                       const float *vector, w2b_diag *diag);

/* The same from 32-bit floats in little-endian order. */
w2b_err w2b_gather_add_bytes(w2b_gather *gather, const char *word, size_t length,
                             const uint8_t *vector, w2b_diag *diag);

/* Each of the two ends the gathering, whatever it returns. */
w2b_err w2b_gather_finish(w2b_gather *gather, w2b_model **model, w2b_diag *diag);
void w2b_gather_abort(w2b_gather *gather);

#endif
