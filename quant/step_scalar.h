/*
 * step_scalar.h - what the scalar training kernels share: arithmetic that is
 * rounded as the vector instructions round it.
 */
#ifndef W2B_QUANT_STEP_SCALAR_H
#define W2B_QUANT_STEP_SCALAR_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "quant/step_tables.h"

/* a * b + c, rounded once. In double the product is exact; rounding the sum to
 * odd there (Boldo and Melquiond 2008) makes the second rounding, to float,
 * harmless. libm's fmaf would do, but costs a call into an emulation. */
static inline float fma_once(float a, float b, float c)
{
#ifdef FP_FAST_FMAF
    return fmaf(a, b, c);
#else
    const double product = (double)a * b;
    double sum = product + c;
    const double c_part = sum - product;
    const double error = (product - (sum - c_part)) + (c - c_part);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if (error != 0 && !(bits & 1)) {
        bits += ((error > 0) == (sum > 0)) ? 1 : (uint64_t)-1;
        memcpy(&sum, &bits, sizeof bits);
    }
    return (float)sum;
#endif
}

/* exp(x) as 2^n * p(r), |r| <= ln(2)/2; p is the Taylor polynomial of degree 6
 * (relative error 2e-7). Beyond +-80 the sigmoid is 0 or 1 in floats. */
static inline float sigmoid(float x)
{
    x = x > -80.0f ? x : -80.0f;
    x = x < 80.0f ? x : 80.0f;
    const float n = floorf(fma_once(-x, W2B_STEP_LOG2E, 0.5f));
    float r = fma_once(n, -W2B_STEP_LN2_HIGH, -x);
    r = fma_once(n, -W2B_STEP_LN2_LOW, r);
    float p = W2B_STEP_EXP6;
    p = fma_once(p, r, W2B_STEP_EXP5);
    p = fma_once(p, r, W2B_STEP_EXP4);
    p = fma_once(p, r, W2B_STEP_EXP3);
    p = fma_once(p, r, W2B_STEP_EXP2);
    p = fma_once(p, r, 1.0f);
    p = fma_once(p, r, 1.0f);
    const uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return 1.0f / fma_once(p, power, 1.0f);
}

#endif
