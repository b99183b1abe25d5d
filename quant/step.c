/*
 * step.c - the choice of training kernels.
 */
#include "quant/step.h"

#include "quant/scan.h"
#include "quant/step_tables.h"

const w2b_step_kern *w2b_step_for(w2b_isa isa)
{
    const w2b_step_kern *const newest_first[] = {w2b_step_avx512, w2b_step_avx2, &w2b_step_scalar};
    for (size_t i = 0; i < sizeof newest_first / sizeof *newest_first; i++) {
        const w2b_step_kern *kern = newest_first[i];
        if (kern && (isa == W2B_ISA_AUTO || isa == kern->isa) && w2b_isa_present(kern->isa))
            return kern;
    }
    return NULL;
}
