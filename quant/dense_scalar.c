/*
 * dense_scalar.c - dense.h for any processor.
 */
#include "quant/dense_loops.h"

static const w2b_dense table = {
    .isa = W2B_ISA_SCALAR,
    .add_products = add_products,
    .multiply = multiply,
};

const w2b_dense *const w2b_dense_scalar = &table;
