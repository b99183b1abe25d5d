/*
 * pq.h - product quantization: what PQ and OPQ share.
 *
 * A row of dim numbers is cut into `stride` parts of nearly equal length, part s
 * being numbers [s * dim / stride, (s + 1) * dim / stride), and each part takes
 * the nearest of its own 256 centroids, whose number is its byte of the codes.
 * Centroids are whole numbers, as levels are, so that rows in working form meet
 * each other in exact integers.
 *
 * A book is float step, then int8 [dim][256]: number i of the row is
 * book[i][code of its part], in steps of `step` root mean squares of the row
 * (which is where an encoder starts, and nothing that a reader needs).
 */
#ifndef W2B_QUANT_PQ_H
#define W2B_QUANT_PQ_H

#include "quant/near.h"
#include "quant/scheme.h"

#define W2B_PQ_CENTROIDS W2B_NEAR_CENTROIDS

/* Centroids have at most so many numbers. */
#define W2B_PQ_PART_MOST 16

/* The first number of a part. */
static inline uint32_t w2b_pq_begin(const w2b_code *code, size_t part)
{
    return (uint32_t)((uint64_t)part * code->dim / code->stride);
}

static inline size_t w2b_pq_book_size(const w2b_code *code)
{
    return sizeof(float) + (size_t)code->dim * W2B_PQ_CENTROIDS;
}

/* Rows of root mean square 1, to learn from: rows[n][dim]. Rows of zeros are
 * left out. Returns their number. */
size_t w2b_pq_normalize(const w2b_code *code, const w2b_lesson *lesson, float *rows);

/* Finds centroids[dim][256] for rows[n][dim] by `rounds` of k-means, a thread a
 * part; from random rows, or from what is there already. */
void w2b_pq_cluster(const w2b_code *code, const w2b_lesson *lesson, const float *rows, size_t n,
                    int rounds, int from_there, float *centroids);

/* The centroids in whole numbers of the best common step. */
void w2b_pq_round(const w2b_code *code, const float *centroids, uint8_t *book);

/* With the book at `book`. */
void w2b_pq_encode(const w2b_code *code, const uint8_t *book, const float *x, uint8_t *codes,
                   uint16_t *scale);
void w2b_pq_decode(const w2b_code *code, const uint8_t *book, const uint8_t *codes,
                   uint16_t scale, float *x);
void w2b_pq_unpack(const w2b_code *code, const uint8_t *book, const uint8_t *codes, size_t n,
                   int16_t *rows);

/* table[stride][256]: what a code adds to the product of its row and `row`, or,
 * where that is NULL, to the square of its row; and those sums. */
void w2b_pq_table(const w2b_code *code, const uint8_t *book, const int16_t *row, int32_t *table);
void w2b_pq_table_dots(const w2b_code *code, const int32_t *table, const uint8_t *codes, size_t n,
                       int32_t *dots);

/* NULL, or what is wrong with a book. */
const char *w2b_pq_check(const w2b_code *code, const uint8_t *book);

#endif
