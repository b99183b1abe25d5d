/*
 * encode.h - many rows of floats to codes, by all threads, and what that cost.
 *
 * Rows are independent. They are worked on in chunks of a fixed number of
 * rows, and what is summed over rows is summed within a chunk in the order of
 * rows and then in the order of chunks: the number of threads shows nowhere.
 */
#ifndef W2B_IO_ENCODE_H
#define W2B_IO_ENCODE_H

#include "io/base.h"
#include "io/model.h"
#include "io/progress.h"

/* Rows of a chunk: sums over many rows are the same in one go and in several
 * that are whole chunks. */
#define W2B_ENCODE_CHUNK 256

typedef struct w2b_tally {
    w2b_err err;
    uint64_t bad_row; /* the first with a number that is not finite, or UINT64_MAX */
    float largest;    /* of |x| */
    double error;     /* sum |x - x'|^2 */
    double energy;    /* sum |x|^2 */
    double cosine_sum;
    double worst;
} w2b_tally;

extern const w2b_tally w2b_tally_nothing;

/* Rows [0, n) from a model, or from memory. */
typedef struct w2b_encode {
    const w2b_model *model;  /* NULL: */
    const uint8_t *floats;   /* [n][dim], 32 bits, little-endian */
    uint64_t n;
    w2b_code code;           /* to be; only `dim` is needed for looking */
    int threads;
    uint8_t *codes;          /* [n][code.stride] */
    uint16_t *scales;        /* [n]; NULL at 16 and 32 bits */
    w2b_meter *meter;        /* told of rows as they are encoded; may be NULL */
} w2b_encode;

/* Both add to *total, which is w2b_tally_nothing in the beginning. */

/* The largest number, and the first row with one that is not finite. */
w2b_err w2b_encode_look(const w2b_encode *encode, w2b_tally *total, w2b_diag *diag);

/* Fills `codes` and `scales`, and sums the errors. */
w2b_err w2b_encode_rows(const w2b_encode *encode, w2b_tally *total, w2b_diag *diag);

/* W2B_OK, or what is wrong with the numbers that were looked at; `first` is the
 * number of the first row. */
w2b_err w2b_encode_check(const w2b_encode *encode, const w2b_tally *seen, uint64_t first,
                         w2b_diag *diag);

/* What `n` rows cost. */
void w2b_encode_report(const w2b_tally *total, uint64_t n, const w2b_code *from,
                       const w2b_code *to, w2b_quantize_report *report);

#endif
