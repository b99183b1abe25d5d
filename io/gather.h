/*
 * gather.h - a model made row by row, for formats of float vectors.
 *
 * How a reader uses it: w2b_gather_start once the number of dimensions is
 * known, then words and vectors as the file has them (together, or all of one
 * kind and then the other), then w2b_gather_finish, or w2b_gather_abort where
 * something is wrong. It need not know where rows go: to memory, or beyond
 * options->memory to codes (options->quantize) or a file without a name.
 * Memory follows the rows that arrive, not what a file's header claims.
 *
 *     err = w2b_gather_start(&g, options, dim, expected, "npy", diag);
 *     while (!err && w2b_gather_words(&g) < wanted) {
 *         err = read_row(file, &word, &length, vector, diag);
 *         if (!err)
 *             err = w2b_gather_add(&g, word, length, vector, diag);
 *     }
 *     if (!err)
 *         return w2b_gather_finish(&g, model, diag);
 *     w2b_gather_abort(&g);
 *     return err;
 */
#ifndef W2B_IO_GATHER_H
#define W2B_IO_GATHER_H

#include "io/model.h"
#include "io/press.h"

typedef struct w2b_gather {
    w2b_parts parts;      /* parts.codes: the rows that are in memory */
    uint64_t max_words;
    uint32_t max_word;    /* bytes */
    uint64_t vectors;     /* so far; parts.words counts words */
    size_t bytes_n;       /* used of parts.bytes */
    size_t bytes_room;
    size_t starts_room;
    size_t counts_room;
    size_t rows_room;     /* rows that fit parts.codes */
    size_t rows_n;        /* rows that are there */
    uint64_t memory;      /* bytes of rows to keep in memory at most; 0 = all */
    int may_be_levels;    /* set by the reader: w2b_levels_import at the end */
    uint64_t expected;    /* rows in all, or 0 */
    const char *spool_dir;
    int fd;               /* of the file that holds the rows before; -1: none */
    const w2b_quantize_options *quantize; /* of the options of reading */
    w2b_quantize_report *report;
    w2b_press *press;     /* which encodes the rows before; NULL: none */
} w2b_gather;

/* `options` are those of the reader, complete: its limits on words and
 * numbers hold, its `limit` is the reader's to heed. `expected` rows are
 * reserved at once: pass what the size of the file can hold at most, or 0.
 * `format` as in w2b_parts. Nothing is to be released if it fails, but
 * finishing and aborting do no harm. */
w2b_err w2b_gather_start(w2b_gather *gather, const w2b_open_options *options, uint32_t dim,
                         uint64_t expected, const char *format, w2b_diag *diag);

/* One more row; `vector` has `dim` numbers, all of them finite. */
w2b_err w2b_gather_add(w2b_gather *gather, const char *word, size_t length,
                       const float *vector, w2b_diag *diag);

/* The same from 32-bit floats in little-endian order. */
w2b_err w2b_gather_add_bytes(w2b_gather *gather, const char *word, size_t length,
                             const uint8_t *vector, w2b_diag *diag);

/* A word, or `n` vectors, alone. There must be as many of both in the end. */
w2b_err w2b_gather_word(w2b_gather *gather, const char *word, size_t length, w2b_diag *diag);
w2b_err w2b_gather_vectors(w2b_gather *gather, const float *vectors, size_t n, w2b_diag *diag);

/* How often the last word occurred. Words without a count have 0; a model has
 * counts if one of its words has. */
w2b_err w2b_gather_count(w2b_gather *gather, uint64_t count, w2b_diag *diag);

/* Words so far. */
static inline uint64_t w2b_gather_words(const w2b_gather *gather)
{
    return gather->parts.words;
}

/* Each of the two ends the gathering, whatever it returns. The first takes
 * what the caller has put into parts.metadata. */
w2b_err w2b_gather_finish(w2b_gather *gather, w2b_model **model, w2b_diag *diag);
void w2b_gather_abort(w2b_gather *gather);

#endif
