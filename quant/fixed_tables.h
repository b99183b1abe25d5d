/*
 * fixed_tables.h - the tables of fixed-point training kernels.
 */
#ifndef W2B_QUANT_FIXED_TABLES_H
#define W2B_QUANT_FIXED_TABLES_H

#include "quant/fixed.h"

extern const w2b_fixed_kern w2b_fixed_scalar;
/* NULL where the build has no such kernels. */
extern const w2b_fixed_kern *const w2b_fixed_avx2;
extern const w2b_fixed_kern *const w2b_fixed_avx512;

#endif
