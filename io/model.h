/*
 * model.h - the inside of a model: words, counts, codes, in memory or mapped.
 */
#ifndef W2B_IO_MODEL_H
#define W2B_IO_MODEL_H

#include "io/base.h"
#include "quant/code.h"

/* Parts of words (subword.h). */
typedef struct w2b_subword w2b_subword;

/* ----- Making one --------------------------------------------------------- */

/* The parts of a model in memory. w2b_model_make takes over every pointer,
 * whether it succeeds or not; all are from w2b_alloc and its sisters, codes
 * from w2b_pages with `code_room` bytes. */
typedef struct w2b_parts {
    uint64_t words;
    char *bytes;         /* the words one after the other, a zero byte after
                            each */
    uint64_t *starts;    /* [words + 1] where each begins in `bytes` */
    uint64_t *counts;    /* [words], or NULL */
    w2b_code code;
    uint8_t *codes;      /* [words][code.stride] */
    size_t code_room;
    uint16_t *scales;    /* [words], or NULL at 16 and 32 bits */
    uint8_t *params;     /* what code.params points to, or NULL */
    char *metadata;      /* a JSON object, or NULL for an empty one */
    const char *format;  /* static: "memory", "word2vec-text", ... */
    w2b_subword *subword;/* for words that are not there, or NULL */
    int borrowed;        /* codes belong to somebody else */
    int on_disk;         /* codes are a mapping of a file of our own: what has
                            been read may leave memory again */
} w2b_parts;

/* Releases the parts of a model that was not made after all. */
void w2b_parts_free(w2b_parts *parts);

/* Of words that occur twice the first is found by w2b_model_find. */
w2b_err w2b_model_make(w2b_parts *parts, w2b_model **model, w2b_diag *diag);

/* ----- Looking at it ------------------------------------------------------ */

/* Words, and the code that all rows share. */
uint64_t w2b_model_words(const w2b_model *model);
const w2b_code *w2b_model_code(const w2b_model *model);

/* Consecutive rows that can be scanned, checked against their checksum. */
typedef struct w2b_rows {
    uint64_t first;          /* row number of the first */
    size_t n;
    const uint8_t *codes;    /* [n][code.stride] */
    const uint16_t *scales;  /* [n], or NULL */
} w2b_rows;

/* Rows come in blocks of the same number of rows, the last one shorter: about
 * 256 KiB of codes. Fails with W2B_ERR_CORRUPT where a block is damaged. Safe
 * from several threads. */
size_t w2b_model_blocks(const w2b_model *model);
size_t w2b_model_block_rows(const w2b_model *model);
w2b_err w2b_model_block(const w2b_model *model, size_t block, w2b_rows *rows,
                        w2b_diag *diag);

/* The block's rows that hold `row`: shorthand for one row. */
w2b_err w2b_model_row(const w2b_model *model, uint64_t row,
                      const uint8_t **codes, uint16_t *scale, w2b_diag *diag);

#endif
