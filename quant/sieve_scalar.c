/*
 * sieve_scalar.c - the sieve in plain C: the specification that the vector
 * kernels equal bit for bit. Where it serves machines without vector kernels
 * it costs some 8 instructions a number.
 *
 * Overflow: 127 * 127 * 65536 numbers stay below 2^31.
 */
#include "quant/sieve.h"

#include <math.h>
#include <string.h>

static int level_of(const w2b_packed *rows, const uint8_t *row, size_t code)
{
    const size_t bit = code * rows->bits, last = (rows->dim * (size_t)rows->bits - 1) / 8;
    uint32_t two = row[bit / 8];
    if (bit / 8 < last)
        two |= (uint32_t)row[bit / 8 + 1] << 8;
    return rows->levels[two >> bit % 8 & ((1u << rows->bits) - 1)];
}

static void dots(const w2b_packed *rows, const int8_t *laid, int32_t *out)
{
    const size_t chunks = w2b_sieve_chunks(rows->dim, rows->bits);
    for (size_t j = 0; j < rows->n; j++) {
        const uint8_t *row = rows->codes + j * rows->stride;
        out[j] = 0;
        for (size_t code = 0; code < rows->dim; code++)
            out[j] += laid[w2b_sieve_place(code, chunks, rows->bits)] *
                      level_of(rows, row, code);
    }
}

static void squares(const w2b_packed *rows, const int8_t *used, uint32_t *out)
{
    (void)used;
    for (size_t j = 0; j < rows->n; j++) {
        const uint8_t *row = rows->codes + j * rows->stride;
        out[j] = 0;
        for (size_t code = 0; code < rows->dim; code++) {
            const int level = level_of(rows, row, code);
            out[j] += (uint32_t)(level * level);
        }
    }
}

static void pass_dots(const int32_t *dots_, const uint32_t *squares_, size_t n, float bar,
                      uint64_t *passing)
{
    memset(passing, 0, w2b_sieve_words(n) * sizeof *passing);
    for (size_t j = 0; j < n; j++) {
        const float dot = (float)dots_[j];
        const int passes = dot * fabsf(dot) >= bar * (float)(int32_t)squares_[j];
        passing[j / 64] |= (uint64_t)passes << j % 64;
    }
}

static void pass_counts(const uint32_t *counts, size_t n, uint32_t limit, uint64_t *passing)
{
    memset(passing, 0, w2b_sieve_words(n) * sizeof *passing);
    for (size_t j = 0; j < n; j++)
        passing[j / 64] |= (uint64_t)(counts[j] <= limit) << j % 64;
}

const w2b_sieve w2b_sieve_scalar = {
    .dots = dots,
    .squares = squares,
    .pass_dots = pass_dots,
    .pass_counts = pass_counts
};
