/*
 * near.c - the choice of an instruction set for near.h.
 */
#include "quant/near.h"

#include <stddef.h>

#include "quant/scan.h"

/* Wider registers gain nothing here: the comparisons wait for each other. */
const w2b_near *w2b_near_for(w2b_isa isa)
{
    const int can = w2b_near_avx2_table && w2b_isa_present(W2B_ISA_AVX2);
    switch (isa) {
    case W2B_ISA_AUTO:
    case W2B_ISA_AVX512: return can ? w2b_near_avx2_table : w2b_near_scalar_table;
    case W2B_ISA_AVX2: return can ? w2b_near_avx2_table : NULL;
    case W2B_ISA_SCALAR: return w2b_near_scalar_table;
    }
    return NULL;
}
