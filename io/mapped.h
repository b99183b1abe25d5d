/*
 * mapped.h - a model in the bytes of a .w2b file, mapped or in memory: what the
 * sections mean. Nothing is read before it is asked for, and nothing that was
 * read is believed before its checksum and its bounds.
 *
 * After opening, all functions are safe from several threads.
 */
#ifndef W2B_IO_MAPPED_H
#define W2B_IO_MAPPED_H

#include "io/base.h"
#include "io/container.h"
#include "io/model.h"

/* Fields of the section SHAPE, in bytes from its begin. */
enum {
    W2B_SHAPE_WORDS = 0,
    W2B_SHAPE_DIM = 8,
    W2B_SHAPE_BITS = 12,
    W2B_SHAPE_METHOD = 16,
    W2B_SHAPE_UNIT = 20,
    W2B_SHAPE_STRIDE = 24,
    W2B_SHAPE_CODE_ROWS = 32,
    W2B_SHAPE_WORD_ROWS = 36,
    W2B_SHAPE_BUCKETS = 40,
    W2B_SHAPE_RESERVED = 44,
    W2B_SHAPE_SIZE = 64
};

#define W2B_CODE_ROWS_LIMIT ((uint32_t)1 << 18) /* rows of codes a block, by format */
#define W2B_WORD_ROWS_LIMIT ((uint32_t)1 << 16) /* words a block, by format */
#define W2B_WORDS_LIMIT (UINT32_MAX - 1)
#define W2B_DIM_LIMIT ((uint32_t)65536)

/* Rows of codes a block in what we write, and in memory: the largest power of
 * two with at most 256 KiB of codes, which a core's second cache holds. */
uint32_t w2b_code_rows(size_t stride);

typedef struct w2b_mapped {
    w2b_container *container;
    uint64_t words; /* in the file */
    uint32_t max_word, max_depth;
    uint64_t max_json;
    w2b_code code;
    uint32_t code_rows; /* rows a block of codes */
    uint32_t word_rows; /* rows a block of words, and of counts */
    uint32_t buckets;
    uint8_t *params; /* of the code, if it can not use them where they lie */
    char *metadata;
    int metadata_lost;
    const w2b_chunk *word, *starts, *marks, *rows, *codes;
    const w2b_chunk *count;  /* NULL: no counts */
    const w2b_chunk *scales; /* NULL: 16 or 32 bits, or squeezed with the codes */
} w2b_mapped;

/* Reads shape, metadata and levels, and compares the sizes of all sections with
 * them. Takes `container` over, also when it fails. `options` are complete. */
w2b_err w2b_mapped_open(w2b_container *container, const w2b_open_options *options,
                        w2b_mapped **mapped, w2b_diag *diag);

/* The same where metadata may be damaged: they are "{}" then, and metadata_lost
 * is set. Without limits. */
w2b_err w2b_mapped_salvage(w2b_container *container, w2b_mapped **mapped, w2b_diag *diag);

void w2b_mapped_free(w2b_mapped *mapped);

/* The row of a word among the first `limit`, or *row = -1. */
w2b_err w2b_mapped_find(const w2b_mapped *mapped, const char *word, size_t length, uint64_t limit,
                        int64_t *row, w2b_diag *diag);

/* row < words in the three below. */
w2b_err w2b_mapped_word(const w2b_mapped *mapped, uint64_t row, const char **word,
                        size_t *length, w2b_diag *diag);
w2b_err w2b_mapped_count(const w2b_mapped *mapped, uint64_t row, uint64_t *count,
                         w2b_diag *diag);

/* Block number `block` of the codes with its scales; rows->n may reach beyond
 * what a limit allows. */
w2b_err w2b_mapped_block(const w2b_mapped *mapped, uint64_t block, w2b_rows *rows,
                         w2b_diag *diag);

/* Rows of a block of codes. */
size_t w2b_mapped_block_rows(const w2b_mapped *mapped, uint64_t block);

/* A block of squeezed rows to codes and scales, w2b_mapped_block_rows of each. */
w2b_err w2b_mapped_expand(const w2b_mapped *mapped, uint64_t block, uint8_t *codes,
                          uint16_t *scales, w2b_diag *diag);

/* Everything that the file holds, against its checksums and against itself. */
w2b_err w2b_mapped_verify(const w2b_mapped *mapped, w2b_diag *diag);

#endif
