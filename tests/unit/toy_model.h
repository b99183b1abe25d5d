/*
 * toy_model.h - small models for tests, made from numbers in memory.
 */
#ifndef W2B_TESTS_TOY_MODEL_H
#define W2B_TESTS_TOY_MODEL_H

#include "io/model.h"
#include "quant/num.h"

/* A normal random number, roughly: the sum of twelve uniform ones. */
float toy_normal(w2b_rng *rng);

/* A model of n rows[n][dim] at `bits`; words[n], or NULL for "w0", "w1", ...
 * Fails the test if it can not be made. */
w2b_model *toy_model(const char *const *words, const float *rows, size_t n, uint32_t dim,
                     uint32_t bits);

/* The same of random normal rows. */
w2b_model *toy_random(uint64_t seed, size_t n, uint32_t dim, uint32_t bits);

/* The test set of that text, which goes through a file of the scratch folder.
 * Fails the test if it is none. */
w2b_testset *toy_testset(const char *text);

/* Row `row` as the integers (or floats) of its codes, without its scale, read
 * bit by bit: numbers[dim]. */
void toy_numbers(const w2b_model *model, uint64_t row, double *numbers);

/* Their cosine, in double; 0 if one of them is zero. */
double toy_cosine(const double *a, const double *b, size_t dim);

#endif
