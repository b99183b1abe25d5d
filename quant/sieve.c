/*
 * sieve.c - the order of numbers that sieve.h describes.
 */
#include "quant/sieve.h"

#include <string.h>

size_t w2b_sieve_room(uint32_t dim, uint32_t bits)
{
    const size_t chunks = w2b_sieve_chunks(dim, bits), planned = chunks * 64 * (8 / bits);
    return planned + (dim > planned ? (dim - planned + 63) / 64 * 64 : 0);
}

void w2b_sieve_lay(const int8_t *numbers, uint32_t dim, uint32_t bits, int8_t *laid)
{
    const size_t chunks = w2b_sieve_chunks(dim, bits);
    memset(laid, 0, w2b_sieve_room(dim, bits));
    for (size_t i = 0; i < dim; i++)
        laid[w2b_sieve_place(i, chunks, bits)] = numbers[i];
}
