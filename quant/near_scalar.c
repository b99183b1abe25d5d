/*
 * near_scalar.c - the nearest of 256 centroids, for any processor.
 */
#include "quant/near_loops.h"

static const w2b_near table = {
    .isa = W2B_ISA_SCALAR,
    .floats = near_floats,
    .numbers = near_numbers
};

const w2b_near *const w2b_near_scalar_table = &table;
