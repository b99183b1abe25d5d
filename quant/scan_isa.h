/*
 * scan_isa.h - the tables behind w2b_scan_for, one a translation unit.
 *
 * A unit that is compiled without the flags of its instruction set, or for
 * another processor, exports NULL. For scan.c and the tests alone: whoever
 * calls through a table without asking the CPU first may die of SIGILL.
 */
#ifndef W2B_QUANT_SCAN_ISA_H
#define W2B_QUANT_SCAN_ISA_H

#include "quant/scan.h"

extern const w2b_scan *const w2b_scan_scalar_table;  /* never NULL */
extern const w2b_scan *const w2b_scan_avx2_table;
extern const w2b_scan *const w2b_scan_avx512_table;

#endif
