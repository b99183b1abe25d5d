/*
 * sample.h - small models for tests, .w2b files in memory, and changing them.
 *
 * Whatever goes wrong here ends the test program: it is no result.
 */
#ifndef W2B_TEST_SAMPLE_H
#define W2B_TEST_SAMPLE_H

#include "io/model.h"

typedef struct sample_shape {
    uint64_t words;
    uint32_t dim, bits;
    w2b_method method;
    int counts;           /* nonzero: with counts */
    const char *prefix;   /* words are this, then their number; NULL: any bytes */
    const char *metadata; /* NULL: none */
    uint64_t seed;
} sample_shape;

/* Random codes and scales that depend on the shape alone. */
w2b_model *sample_model(const sample_shape *shape);

/* As sample_model makes it, in parts. */
void sample_parts(const sample_shape *shape, w2b_parts *parts);

/* Cosine of two vectors, in double; 0 if one of them is zero. */
double sample_cosine(const float *a, const float *b, size_t dim);

/* Every word, count, scale and code of both is the same. */
void sample_expect_equal(const w2b_model *a, const w2b_model *b);

/* Reads everything that `model` has. What it gives must be that of `truth`;
 * it may refuse any part. Returns how often it refused. */
size_t sample_read_all(const w2b_model *model, const w2b_model *truth);

/* Reads everything that there is, whatever it is. Returns how much of it was
 * refused. */
size_t sample_touch_all(const w2b_model *model);

/* The file of a model, from w2b_alloc. */
uint8_t *sample_file(const w2b_model *model, size_t *size);

/* As if these bytes were a file; they are copied to memory of just this size,
 * so that a sanitizer sees every step beyond. */
w2b_err sample_open(const uint8_t *bytes, size_t size, w2b_model **model, w2b_diag *diag);
w2b_err sample_verify(const uint8_t *bytes, size_t size, w2b_diag *diag);

/* Where in a whole .w2b file the directory's entry of a section stands, and the
 * bytes of its first block. 0: there is no such section. */
size_t sample_section(const uint8_t *file, uint32_t kind);
size_t sample_block(const uint8_t *file, uint32_t kind);

/* Makes all checksums of a file right again, as far as its sizes allow. */
void sample_reseal(uint8_t *file, size_t size);

#endif
