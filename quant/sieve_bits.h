/*
 * sieve_bits.h - the loop over rows for each number of bits, which the compiler
 * then knows; written once for AVX2 and AVX-512.
 *
 * The including file has defined INLINE and
 *
 *     all_rows(rows, laid, bits, even, square, out)
 */
#ifndef W2B_QUANT_SIEVE_BITS_H
#define W2B_QUANT_SIEVE_BITS_H

#include <string.h>

#include "quant/sieve.h"

/* Whether there are 256 levels, and they are -127, -127, -126, ..., 127. */
static int levels_even(const w2b_packed *rows)
{
    int8_t even[256];
    for (int i = 0; i < 256; i++)
        even[i] = (int8_t)(i == 0 ? -127 : i - 128);
    return rows->bits == 8 && memcmp(rows->levels, even, sizeof even) == 0;
}

INLINE void rows_by_bits(const w2b_packed *rows, const int8_t *laid, int even, int square,
                         int32_t *out)
{
    switch (rows->bits) {
    case 1: all_rows(rows, laid, 1, 0, square, out); break;
    case 2: all_rows(rows, laid, 2, 0, square, out); break;
    case 3: all_rows(rows, laid, 3, 0, square, out); break;
    case 4: all_rows(rows, laid, 4, 0, square, out); break;
    case 5: all_rows(rows, laid, 5, 0, square, out); break;
    case 6: all_rows(rows, laid, 6, 0, square, out); break;
    case 7: all_rows(rows, laid, 7, 0, square, out); break;
    case 8:
        if (even)
            all_rows(rows, laid, 8, 1, square, out);
        else
            all_rows(rows, laid, 8, 0, square, out);
        break;
    }
}

static void dots(const w2b_packed *rows, const int8_t *laid, int32_t *out)
{
    rows_by_bits(rows, laid, levels_even(rows), 0, out);
}

#endif
