/*
 * matrix.h - rows of numbers that are added up to the vectors of words, as
 * they lie in a file: floats, or the codes of a product quantizer.
 */
#ifndef W2B_IO_MATRIX_H
#define W2B_IO_MATRIX_H

#include "io/binary.h"

typedef struct w2b_matrix {
    uint64_t rows;
    uint32_t dim;
    w2b_bulk dense;        /* [rows][dim] little-endian floats; or none, and */
    w2b_bulk codes;        /* [rows][parts] which centroid each part is */
    uint32_t parts;        /* ceil(dim / width) */
    uint32_t width;        /* numbers a part; the last one has the rest */
    uint32_t centroids;    /* of a part, 1 to 256 */
    float *book;           /* [dim * centroids] part after part */
    float *turn;           /* [dim][dim] the numbers of a row are its products
                              with these; NULL: none */
    w2b_bulk norms;        /* [rows] by which rows are multiplied, floats, or */
    float *norm_book;      /* [256] numbers, and the norms are their places */
} w2b_matrix;

/* Adds a row, not turned. row < rows. */
void w2b_matrix_add(const w2b_matrix *matrix, uint64_t row, float *sum);

/* Turns a sum of rows, if that is to be done; `room` has dim numbers. */
void w2b_matrix_turn(const w2b_matrix *matrix, float *sum, float *room);

/* Reads `n` floats, all of them finite; from w2b_alloc. */
w2b_err w2b_matrix_floats(w2b_binary *file, uint64_t n, const char *what, float **floats,
                          w2b_diag *diag);

/* Bytes that it holds. */
uint64_t w2b_matrix_bytes(const w2b_matrix *matrix);

/* Releases what it holds; a zeroed one is fine. */
void w2b_matrix_free(w2b_matrix *matrix);

#endif
