/*
 * near_avx2.c - the nearest of 256 centroids, eight at a time. Products and sums
 * stay apart, as everywhere: nothing here may be fused.
 */
#include "quant/near.h"

#ifdef __AVX2__

#include "quant/near_loops.h"

static const w2b_near table = {
    .isa = W2B_ISA_AVX2,
    .floats = near_floats,
    .numbers = near_numbers
};

const w2b_near *const w2b_near_avx2_table = &table;

#else

const w2b_near *const w2b_near_avx2_table = NULL;

#endif
