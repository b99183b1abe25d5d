/*
 * levels.h - floats that hold nothing but a few levels, as Word2Bits writes
 * them, brought to codes without loss.
 */
#ifndef W2B_IO_LEVELS_H
#define W2B_IO_LEVELS_H

#include "io/model.h"

/* Bits of a number, 1 or 2, if all of `n` floats, little-endian, are +-*unit or
 * +-3 * *unit; 0 otherwise. */
uint32_t w2b_levels_find(const uint8_t *floats, size_t n, float *unit);

/* Where all numbers are +-u, or +-u and +-3u, for a u that such files have (1/3
 * and 1/4, and 1 for signs), the floats of `parts` become codes of 1 or 2 bits
 * that stand for exactly these numbers. Everything else stays as it is, and so
 * do a few numbers, which could be so by chance. */
w2b_err w2b_levels_import(w2b_parts *parts, w2b_diag *diag);

#endif
