/*
 * codebook.h - the fixed levels of the scalar methods.
 */
#ifndef W2B_QUANT_CODEBOOK_H
#define W2B_QUANT_CODEBOOK_H

#include <stdint.h>

/* Each writes 1 << bits levels, 1 <= bits <= 8, in rising order. */

/* The whole numbers in [-127, 127] that serve a normal distribution best. */
void w2b_codebook_gauss(uint32_t bits, int8_t *levels);

/* Odd numbers about 0 up to 7 bits; at 8 bits -127 to 127 for the codes 1 to
 * 255, and -127 once more for code 0, which no encoder writes. */
void w2b_codebook_uniform(uint32_t bits, int8_t *levels);

/* The distance of levels 1 apart, in standard deviations, at which the gauss
 * levels have the least squared error on a normal distribution. */
double w2b_codebook_gauss_step(uint32_t bits);

#endif
