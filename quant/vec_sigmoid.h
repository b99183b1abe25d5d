/*
 * vec_sigmoid.h - what the bodies of vectorized training kernels share; vectors
 * have been defined by vec_avx2.h or vec_avx512.h.
 */
#ifndef W2B_QUANT_VEC_SIGMOID_H
#define W2B_QUANT_VEC_SIGMOID_H

#include "quant/step_tables.h"

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* See the scalar kernel for the method. */
INLINE vec sigmoid(vec x)
{
    x = vec_min(vec_max(x, vec_all(-80.0f)), vec_all(80.0f));
    const vec n = vec_floor(vec_fnma(x, vec_all(W2B_STEP_LOG2E), vec_all(0.5f)));
    vec r = vec_fnms(n, vec_all(W2B_STEP_LN2_HIGH), x);
    r = vec_fnma(n, vec_all(W2B_STEP_LN2_LOW), r);
    vec p = vec_all(W2B_STEP_EXP6);
    p = vec_fma(p, r, vec_all(W2B_STEP_EXP5));
    p = vec_fma(p, r, vec_all(W2B_STEP_EXP4));
    p = vec_fma(p, r, vec_all(W2B_STEP_EXP3));
    p = vec_fma(p, r, vec_all(W2B_STEP_EXP2));
    p = vec_fma(p, r, vec_all(1.0f));
    p = vec_fma(p, r, vec_all(1.0f));
    return vec_div(vec_all(1.0f), vec_fma(p, vec_power(n), vec_all(1.0f)));
}

#endif
