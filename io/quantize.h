/*
 * quantize.h - what the options of quantizing ask for.
 */
#ifndef W2B_IO_QUANTIZE_H
#define W2B_IO_QUANTIZE_H

#include "io/choose.h"

/* Checks the options and completes those of an older version or none at all.
 * *method is what wish->method points to, if to anything. */
w2b_err w2b_quantize_wish(const w2b_quantize_options *options, uint32_t dim,
                          w2b_method *method, w2b_wish *wish, w2b_diag *diag);

/* Whether they ask for rows to be pruned, which needs to know how many there are. */
int w2b_quantize_prunes(const w2b_quantize_options *options);

#endif
