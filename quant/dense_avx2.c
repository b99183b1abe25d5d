/*
 * dense_avx2.c - dense.h with registers of 32 bytes. Products and sums stay apart, as
 * everywhere: nothing here may be fused.
 */
#include "quant/dense.h"

#ifdef __AVX2__

#include "quant/dense_loops.h"

static const w2b_dense table = {
    .isa = W2B_ISA_AVX2,
    .add_products = add_products,
    .multiply = multiply,
};

const w2b_dense *const w2b_dense_avx2 = &table;

#else

const w2b_dense *const w2b_dense_avx2 = NULL;

#endif
