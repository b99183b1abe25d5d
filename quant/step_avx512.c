/*
 * step_avx512.c - training kernels for AVX-512.
 *
 * Cost, for 16 windows, 48 shared negatives and c columns, in vector
 * multiply-adds: 48 * c for the scores, 48 * c for the gradients of the windows
 * (gather) and 48 * c for those of the negatives (spread). The left side of
 * each is broadcast inside the multiply-add, one load each, and two loads are
 * done a cycle: just enough for both multipliers. The 16 by 16 right side of
 * scores and spread stays in 16 registers, 8 more hold sums. The bottleneck are
 * the multipliers while rows come from the cache, then the rows' way from
 * memory.
 */
#include "quant/step_tables.h"

#ifdef __AVX512F__

#include "quant/vec_avx512.h"

#define ROWS 8
#define KEEP 1
#define STEP_ISA W2B_ISA_AVX512

/* 16 x 16 by four rounds of interleaving: pairs of rows, then quadruples, then
 * 128-bit quarters twice. */
static void transpose(const void *a, void *out)
{
    __m512 r[16], t[16];
    for (int i = 0; i < 16; i++)
        r[i] = _mm512_loadu_ps((const float *)a + 16 * i);
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xEE);
        r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xDD);
        t[i + 8] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xDD);
    }
    for (int i = 0; i < 4; i++) {
        float *to = (float *)out + 16 * i;
        _mm512_storeu_ps(to, _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88));
        _mm512_storeu_ps(to + 64, _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88));
        _mm512_storeu_ps(to + 128, _mm512_shuffle_f32x4(t[i], t[i + 8], 0xDD));
        _mm512_storeu_ps(to + 192, _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xDD));
    }
}

#include "quant/step_vector.h"

const w2b_step_kern *const w2b_step_avx512 = &table;

#else

const w2b_step_kern *const w2b_step_avx512 = 0;

#endif
