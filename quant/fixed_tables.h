/*
 * fixed_tables.h - what the files of training kernels share: their tables, and the
 * constants of the sigmoid.
 */
#ifndef W2B_QUANT_FIXED_TABLES_H
#define W2B_QUANT_FIXED_TABLES_H

#include "quant/fixed.h"

extern const w2b_fixed_kern w2b_fixed_scalar;
/* NULL where the build has no such kernels. */
extern const w2b_fixed_kern *const w2b_fixed_avx2;
extern const w2b_fixed_kern *const w2b_fixed_avx512;

#define W2B_FIXED_LOG2E 1.44269504f
/* ln 2 in two parts: the first has zeros at its end, so that n * part is exact */
#define W2B_FIXED_LN2_HIGH 0.693359375f
#define W2B_FIXED_LN2_LOW -2.12194440e-4f
#define W2B_FIXED_EXP2 0.5f
#define W2B_FIXED_EXP3 1.66666667e-1f
#define W2B_FIXED_EXP4 4.16666667e-2f
#define W2B_FIXED_EXP5 8.33333333e-3f
#define W2B_FIXED_EXP6 1.38888889e-3f

#endif
