/*
 * dense.c - the choice of an instruction set for dense.h.
 */
#include "quant/dense.h"

#include "quant/scan.h"

const w2b_dense *w2b_dense_best(void)
{
    return w2b_dense_avx2 && w2b_isa_present(W2B_ISA_AVX2) ? w2b_dense_avx2 : w2b_dense_scalar;
}
