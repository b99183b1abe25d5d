/*
 * foreign.h - small files in the formats of other programs, made byte by byte.
 *
 * Number `column` of row `row` of every matrix is foreign_number(row, column).
 * Whatever goes wrong here ends the test program: it is no result.
 */
#ifndef W2B_TEST_FOREIGN_H
#define W2B_TEST_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

typedef struct foreign {
    uint8_t bytes[1 << 16];
    size_t n;
} foreign;

float foreign_number(size_t row, size_t column);

void foreign_put(foreign *f, const void *bytes, size_t n);
void foreign_text(foreign *f, const char *text);
void foreign_u8(foreign *f, unsigned value);
void foreign_u32(foreign *f, uint32_t value);
void foreign_u64(foreign *f, uint64_t value);
void foreign_f32(foreign *f, float value);

/* Rows [first, first + rows) of the matrix. */
void foreign_rows(foreign *f, size_t first, size_t rows, size_t dim);

/* ----- NumPy -------------------------------------------------------------- */

/* Version 1 to 3; `description` is filled up with blanks. No numbers. */
void foreign_npy(foreign *f, int version, const char *description);

/* ----- safetensors -------------------------------------------------------- */

/* The length and the object, filled up with blanks. No tables. */
void foreign_safetensors(foreign *f, const char *object);

/* ----- fastText ----------------------------------------------------------- */

#define FOREIGN_DIM 4

/* Words of the models below, and of the vocabularies. */
extern const char *const foreign_words[];
#define FOREIGN_WORDS 4

typedef struct foreign_fasttext {
    int supervised;     /* with two labels */
    uint32_t version;   /* 0: 12 */
    uint32_t min_n, max_n, buckets;
    int quantized;      /* parts of 3 and 1 numbers, with norms */
    int pruned;         /* of the n-grams only those in buckets 0 and 5 are
                           left, in rows 1 and 0 after those of the words */
} foreign_fasttext;

void foreign_fasttext_model(foreign *f, const foreign_fasttext *how);

/* The number that a quantized row of the same model stands for. */
float foreign_quantized(size_t row, size_t column);

/* ----- finalfusion -------------------------------------------------------- */

typedef struct foreign_fifu {
    uint32_t vocab;     /* the number of its chunk */
    uint32_t buckets;   /* as the file has it */
    uint32_t min_n;     /* 0: 2; up to 4 */
    int metadata;
    int quantized;      /* parts of 2 numbers */
    int turned;         /* with a projection that turns numbers round */
    int norms;          /* chunk of norms: 2, 3, 4, ... */
} foreign_fifu;

void foreign_fifu_model(foreign *f, const foreign_fifu *how);

/* The number that stands in the matrix, norms of its own included. */
float foreign_fifu_number(const foreign_fifu *how, size_t row, size_t column);

/* Parts of the explicit vocabulary, and their numbers. */
#define FOREIGN_PARTS 3
extern const char *const foreign_parts[];
extern const uint64_t foreign_part_numbers[];

#endif
