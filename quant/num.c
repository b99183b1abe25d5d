/*
 * num.c - seeded random numbers, exp and log, half floats.
 *
 * exp and log follow the textbook plan (reduce, short series, put together
 * again) with plain Horner sums: two or three units in the last place, which
 * is all that is needed, and the same bits everywhere, which is what libm
 * does not promise.
 */
#include "quant/num.h"

#include <math.h>   /* INFINITY and NAN only */
#include <string.h>

/* ln 2 in two parts; the first has 32 bits, so that k * LN2_HI is exact. */
#define LN2_HI 0x1.62e42feep-1
#define LN2_LO 0x1.a39ef35793c76p-33
#define LOG2_E 0x1.71547652b82fep+0

/* ----- Random numbers ----------------------------------------------------- */

/* The output function of SplitMix64 (Steele, Lea and Flood 2014): a bijection
 * in which every bit of z reaches every bit of the result. */
static uint64_t spread(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void w2b_rng_seed(w2b_rng *rng, uint64_t seed, uint64_t stream)
{
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);

    /* Two streams of one seed never begin alike: spread() is a bijection. The
     * four words differ from each other, so they are never all zero. */
    uint64_t x = spread(spread(seed + golden) + stream);
    for (int i = 0; i < 4; i++) {
        x += golden;
        rng->s[i] = spread(x);
    }
}

/* ----- Elementary functions ----------------------------------------------- */

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k for -1022 <= k <= 1023. */
static double power_of_two(int k)
{
    return from_bits((uint64_t)(k + 1023) << 52);
}

double w2b_exp(double x)
{
    /* 1/13!, 1/12!, ..., 1/2!, 1, 1: the remainder is below 4e-18 where
     * |r| <= ln(2)/2. */
    static const double inverse_factorial[] = {
        1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0,
        1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
        1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0
    };
    if (x != x)
        return x;
    if (x > 709.79)
        return INFINITY;
    if (x < -745.2)
        return 0.0;
    const double t = x * LOG2_E;
    const int k = (int)(t < 0 ? t - 0.5 : t + 0.5);
    const double r = (x - k * LN2_HI) - k * LN2_LO;
    double sum = inverse_factorial[0];
    for (size_t i = 1; i < sizeof inverse_factorial / sizeof *inverse_factorial; i++)
        sum = sum * r + inverse_factorial[i];

    /* In two steps, since 2^k itself may be beyond the range on either side. */
    const int half = k / 2;
    return sum * power_of_two(half) * power_of_two(k - half);
}

double w2b_log(double x)
{
    if (x != x || x < 0)
        return NAN;
    if (x == 0)
        return -INFINITY;
    if (x > 0x1.fffffffffffffp+1023)
        return x;

    int e = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        e = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    e += (int)(bits >> 52) - 1023;
    double m = from_bits((bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3ff0000000000000));
    if (m > 0x1.6a09e667f3bcdp+0) {
        m *= 0.5;
        e++;
    }

    /* log m = 2 artanh s, s = (m-1)/(m+1), |s| < 0.172: the series up to s^23
     * leaves less than 1e-18 of the result. */
    const double s = (m - 1.0) / (m + 1.0);
    const double s2 = s * s;
    double sum = 0.0;
    for (int i = 23; i >= 3; i -= 2)
        sum = (sum + 1.0 / i) * s2;
    return e * LN2_HI + (2.0 * s + (2.0 * s * sum + e * LN2_LO));
}

/* ----- Half floats -------------------------------------------------------- */

uint16_t w2b_half_from_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;

    if (bits > 0x7f800000)      /* NaN: quiet, upper payload bits kept */
        return (uint16_t)(sign | 0x7e00 | (bits >> 13 & 0x3ff));
    if (bits >= 0x477ff000)     /* 65520 and more round to infinity */
        return (uint16_t)(sign | 0x7c00);
    if (bits < 0x33000000)      /* below half of the smallest subnormal */
        return (uint16_t)sign;

    /* The significand with its hidden bit, to be shifted right by 13 for
     * normal results and by more for subnormal ones. A carry out of the
     * rounding runs into the exponent, where it belongs. */
    uint32_t shift = 13;
    uint32_t value = bits - (UINT32_C(112) << 23);
    if (bits < 0x38800000) {
        shift = 126 - (bits >> 23);
        value = (bits & 0x7fffff) | 0x800000;
    }
    const uint32_t rest = value & ((UINT32_C(1) << shift) - 1);
    const uint32_t middle = UINT32_C(1) << (shift - 1);
    value >>= shift;
    if (rest > middle || (rest == middle && (value & 1)))
        value++;
    return (uint16_t)(sign | value);
}

float w2b_half_to_float(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    const uint32_t exponent = h >> 10 & 0x1f;
    const uint32_t fraction = h & 0x3ff;
    uint32_t bits;

    if (exponent == 0) {
        /* Zero or subnormal: a whole number of 2^-24, exact in a float. */
        const float magnitude = (float)fraction * 0x1p-24f;
        memcpy(&bits, &magnitude, sizeof bits);
    } else if (exponent == 31) {
        /* A signalling NaN turns quiet, as the CPUs' own conversion has it. */
        bits = 0x7f800000 | fraction << 13 | (fraction ? 0x400000 : 0);
    } else {
        bits = (exponent + 112) << 23 | fraction << 13;
    }
    bits |= sign;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
