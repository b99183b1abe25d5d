/*
 * num.h - numbers that are the same on every machine: seeded random numbers,
 * elementary functions, half floats.
 *
 * Nothing here calls libm: its last digits differ between versions and CPUs,
 * and files must not. Everything is plain IEEE arithmetic, compiled without
 * contraction.
 */
#ifndef W2B_QUANT_NUM_H
#define W2B_QUANT_NUM_H

#include <stddef.h>
#include <stdint.h>

/* ----- Random numbers: xoshiro256** (Blackman and Vigna 2018) ------------- */

typedef struct w2b_rng {
    uint64_t s[4];
} w2b_rng;

/* One sequence for each pair of seed and stream; SplitMix64 spreads both. */
void w2b_rng_seed(w2b_rng *rng, uint64_t seed, uint64_t stream);

static inline uint64_t w2b_rng_rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t w2b_rng_next(w2b_rng *rng)
{
    uint64_t *s = rng->s;
    const uint64_t result = w2b_rng_rotl(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = w2b_rng_rotl(s[3], 45);
    return result;
}

/* Uniform in [0, n), n > 0. By multiplication of the upper 32 bits: the bias
 * is below n / 2^32, and no draw is ever rejected, so that every call takes
 * exactly one number of the sequence. */
static inline uint32_t w2b_rng_below(w2b_rng *rng, uint32_t n)
{
    return (uint32_t)(((w2b_rng_next(rng) >> 32) * n) >> 32);
}

/* Uniform in [0, 1), 53 bits. */
static inline double w2b_rng_unit(w2b_rng *rng)
{
    return (double)(w2b_rng_next(rng) >> 11) * 0x1p-53;
}

/* ----- Elementary functions, relative error below 1e-14 ------------------- */

double w2b_exp(double x);   /* 0 below -745, infinity above 709.7 */
double w2b_log(double x);   /* -infinity at 0, NaN below */

/* ----- Half floats (IEEE 754 binary16), round to nearest even ------------- */

uint16_t w2b_half_from_float(float x);  /* overflow gives infinity */
float w2b_half_to_float(uint16_t h);

#endif
