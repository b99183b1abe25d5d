/*
 * fixed.c - the choice of fixed-point training kernels.
 */
#include "quant/fixed.h"

#include "quant/fixed_tables.h"
#include "quant/scan.h"

const w2b_fixed_kern *w2b_fixed_for(w2b_isa isa)
{
    const w2b_fixed_kern *const newest_first[] = {w2b_fixed_avx512, w2b_fixed_avx2,
                                                  &w2b_fixed_scalar};
    for (size_t i = 0; i < sizeof newest_first / sizeof *newest_first; i++) {
        const w2b_fixed_kern *kern = newest_first[i];
        if (kern && (isa == W2B_ISA_AUTO || isa == kern->isa) && w2b_isa_present(kern->isa))
            return kern;
    }
    return NULL;
}
