/*
 * scan.c - the choice of an instruction set: made here once, never in a loop.
 */
#include "quant/scan.h"

#include "quant/scan_isa.h"

#define ISA_COUNT (W2B_ISA_AVX512 + 1)

_Static_assert(W2B_ISA_AUTO == 0 && W2B_ISA_SCALAR == 1 && W2B_ISA_AVX2 == 2 &&
               W2B_ISA_AVX512 == 3, "the rows below follow the values of w2b_isa");

/* By value of w2b_isa, worst first: the search for the best runs backwards. */
static const w2b_scan *const *const tables[] = {
    [W2B_ISA_SCALAR] = &w2b_scan_scalar_table,
    [W2B_ISA_AVX2] = &w2b_scan_avx2_table,
    [W2B_ISA_AVX512] = &w2b_scan_avx512_table
};

_Static_assert(sizeof tables / sizeof *tables == ISA_COUNT, "a row for each w2b_isa");

const w2b_scan *w2b_scan_for(w2b_isa isa)
{
    if (isa == W2B_ISA_AUTO) {
        int best = W2B_ISA_AVX512;
        while (best > W2B_ISA_SCALAR && (!*tables[best] || !w2b_isa_present((w2b_isa)best)))
            best--;
        return *tables[best];
    }
    if ((unsigned)isa >= ISA_COUNT || !w2b_isa_present(isa))
        return NULL;
    return *tables[isa];
}
