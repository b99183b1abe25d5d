/*
 * turn.c - a random rotation of rows: signs and Walsh-Hadamard transforms.
 *
 * One pass is: change the signs of all numbers by random bits, then transform n
 * of them, n being the largest power of two that is at most dim (Ailon and
 * Chazelle 2009 do so with n = dim). Odd passes take the first n numbers, even
 * passes the last n, so that any dimension goes without padding: where they
 * overlap the numbers of both ends mix. Four passes are enough for 300 numbers
 * (tests/unit/test_schemes.c measures how far a single number spreads).
 *
 * Each pass is orthogonal; the way back is the same in the opposite order. Cost
 * of a pass: n log2 n additions, two signs' worth of loads.
 */
#include "quant/turn.h"

#include <string.h>

#include "quant/num.h"

#define PASSES 4

static uint32_t power_below(uint32_t dim)
{
    uint32_t n = 1;
    while (n <= dim / 2)
        n *= 2;
    return n;
}

/* Random bits of pass number `pass` decide which numbers change their sign. */
static void signs(uint64_t seed, int pass, uint32_t dim, float *x)
{
    w2b_rng rng;
    w2b_rng_seed(&rng, seed, (uint64_t)pass);
    for (uint32_t i = 0; i < dim; i += 64) {
        uint64_t bits = w2b_rng_next(&rng);
        const uint32_t end = dim - i < 64 ? dim : i + 64;
        for (uint32_t j = i; j < end; j++, bits >>= 1) {
            uint32_t word;
            memcpy(&word, x + j, sizeof word);
            word ^= (uint32_t)(bits & 1) << 31;
            memcpy(x + j, &word, sizeof word);
        }
    }
}

static inline void butterfly(float *a, float *b)
{
    const float sum = *a + *b, difference = *a - *b;
    *a = sum;
    *b = difference;
}

/* Butterflies of spans 1 and 2. */
static void narrow(float *x, uint32_t n)
{
    for (uint32_t i = 0; i + 4 <= n; i += 4) {
        butterfly(x + i, x + i + 1);
        butterfly(x + i + 2, x + i + 3);
        butterfly(x + i, x + i + 2);
        butterfly(x + i + 1, x + i + 3);
    }
    if (n == 2)
        butterfly(x, x + 1);
}

/* Numbers a[n] and b[n], n being a multiple of 4: in fours, that compilers make a
 * vector of. */
static void wide(float *a, float *b, size_t n)
{
    for (const float *end = a + n; a < end; a += 4, b += 4) {
        float sum[4], difference[4];
        for (int j = 0; j < 4; j++) {
            sum[j] = a[j] + b[j];
            difference[j] = a[j] - b[j];
        }
        memcpy(a, sum, sizeof sum);
        memcpy(b, difference, sizeof difference);
    }
}

/* Butterflies of ever wider span, then division by sqrt(n): which is a power of
 * two or sqrt(2) times one. */
static void hadamard(float *x, uint32_t n)
{
    narrow(x, n);
    for (uint32_t half = 4; half < n; half *= 2)
        for (uint32_t i = 0; i < n; i += 2 * half)
            wide(x + i, x + i + half, half);
    float factor = n & UINT32_C(0xaaaaaaaa) ? 0.70710678f : 1.0f;
    for (uint32_t left = n; left >= 4; left /= 4)
        factor *= 0.5f;
    for (uint32_t i = 0; i < n; i++)
        x[i] *= factor;
}

void w2b_turn(uint64_t seed, uint32_t dim, const float *x, float *y)
{
    const uint32_t n = power_below(dim);
    memcpy(y, x, dim * sizeof *y);
    for (int pass = 0; pass < PASSES; pass++) {
        signs(seed, pass, dim, y);
        hadamard(pass % 2 ? y + (dim - n) : y, n);
    }
}

void w2b_turn_back(uint64_t seed, uint32_t dim, const float *x, float *y)
{
    const uint32_t n = power_below(dim);
    memcpy(y, x, dim * sizeof *y);
    for (int pass = PASSES - 1; pass >= 0; pass--) {
        hadamard(pass % 2 ? y + (dim - n) : y, n);
        signs(seed, pass, dim, y);
    }
}

/* ----- By params ---------------------------------------------------------- */

static uint64_t seed_of(const w2b_code *code)
{
    uint64_t seed = 0;
    for (int i = 0; i < 8; i++)
        seed |= (uint64_t)code->params[i] << (8 * i);
    return seed;
}

size_t w2b_turn_seed_size(const w2b_code *code)
{
    (void)code;
    return 8;
}

void w2b_turn_seed_draw(w2b_code *code, const w2b_lesson *lesson, uint8_t *params, void *room)
{
    (void)code;
    (void)room;
    for (int i = 0; i < 8; i++)
        params[i] = (uint8_t)(lesson->seed >> (8 * i));
}

void w2b_turn_by_seed(const w2b_code *code, const float *x, float *y)
{
    w2b_turn(seed_of(code), code->dim, x, y);
}

void w2b_turn_back_by_seed(const w2b_code *code, const float *x, float *y)
{
    w2b_turn_back(seed_of(code), code->dim, x, y);
}
