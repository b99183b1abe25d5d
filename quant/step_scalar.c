/*
 * step_scalar.c - training kernels in plain C: the specification.
 *
 * Cost: about 3 ns a multiply-add where the compiler's target has no fused one
 * (plain x86-64), because it is put together from double arithmetic: this tier
 * is there to define the results, and for CPUs that have nothing better.
 */
#include "quant/step.h"

#include <math.h>
#include <string.h>

#include "quant/step_scalar.h"
#include "quant/step_tables.h"

static float level(w2b_loop_quant how, float x)
{
    const float half = 0.5f * how.step;
    if (how.bits == 0)
        return x;
    if (how.bits == 1)
        return x >= 0 ? half : -half;
    const float low = -(float)(1u << (how.bits - 1));
    const float high = -low - 1.0f;
    float t = floorf(x * (1.0f / how.step));
    t = t > low ? t : low;
    t = t < high ? t : high;
    return fma_once(t, how.step, half);
}

static void quantize(w2b_loop_quant how, const float *x, size_t n, float *q, size_t stride,
                     size_t panels)
{
    for (size_t c = 0; c < 16 * panels; c++)
        q[c / 16 * stride + c % 16] = c < n ? level(how, x[c]) : 0;
}

static void mean(const float *rows, size_t stride, size_t first, size_t end, size_t skip,
                 float scale, float *out, size_t out_stride, size_t panels)
{
    for (size_t c = 0; c < 16 * panels; c++) {
        const float *column = rows + c / 16 * stride + c % 16;
        float sum = 0;
        for (size_t r = first; r < end; r++)
            if (r != skip)
                sum += column[r * 16];
        out[c / 16 * out_stride + c % 16] = scale * sum;
    }
}

static void accumulate(const float *rows, size_t stride, const unsigned *list, size_t count,
                       float by, float *out, size_t panels)
{
    for (size_t c = 0; c < 16 * panels; c++) {
        float sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += rows[c / 16 * stride + (size_t)list[i] * 16 + c % 16];
        out[c] = fma_once(by, sum, out[c]);
    }
}

static void transpose(const void *a, void *out)
{
    for (size_t j = 0; j < 16; j++)
        for (size_t i = 0; i < 16; i++)
            memcpy((char *)out + 4 * (j * 16 + i), (const char *)a + 4 * (i * 16 + j), 4);
}

/* sum + a[0] * b[0] + ..., elements sa and sb apart */
static float dot(float sum, const float *a, size_t sa, const float *b, size_t sb, size_t k)
{
    for (size_t j = 0; j < k; j++)
        sum = fma_once(a[j * sa], b[j * sb], sum);
    return sum;
}

static void pair_dots(const float *a, const float *b, float *out, int add)
{
    for (size_t i = 0; i < 16; i++)
        out[i] = dot(add ? out[i] : 0, a + i, 16, b + i, 16, 16);
}

static void scores(const float *rows, size_t n, const float *b, float *out, int add)
{
    for (size_t i = 0; i < 16 * n; i++)
        out[i] = dot(add ? out[i] : 0, rows + i / 16 * 16, 1, b + i % 16, 16, 16);
}

static void gather(const float *diagonal, const float *paired, const float *g, const float *rows,
                   size_t n, float *out)
{
    for (size_t i = 0; i < 256; i++) {
        const float first = diagonal ? fma_once(diagonal[i / 16], paired[i], 0) : 0;
        out[i] = dot(first, g + i / 16, 16, rows + i % 16, 16, n);
    }
}

static void spread(const float *g, const float *by, size_t n, const float *rows, size_t stride,
                   float *const *latent, size_t panels)
{
    for (size_t y = 0; y < n; y++)
        for (size_t c = 0; c < 16 * panels; c++) {
            const float *column = rows + c / 16 * stride + c % 16;
            latent[y][c] = fma_once(by[y], dot(0, g + y * 16, 1, column, 16, 16), latent[y][c]);
        }
}

static void spread_diagonal(const float *g, const float *by, size_t n, const float *rows,
                            size_t stride, float *const *latent, size_t panels)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < 16 * panels; c++)
            latent[i][c] =
                fma_once(g[i] * by[i], rows[c / 16 * stride + i * 16 + c % 16], latent[i][c]);
}

static void gradient(const float *partials, size_t groups, size_t stride, const float *want,
                     const float *mass, float rate, float *s, float *grad, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t k = 0; k < groups; k++)
            sum += partials[k * stride + i];
        s[i] = sum;
        grad[i] = rate * fma_once(-mass[i], sigmoid(sum), want[i]);
    }
}

const w2b_step_kern w2b_step_scalar = {
    .isa = W2B_ISA_SCALAR,
    .quantize = quantize,
    .mean = mean,
    .accumulate = accumulate,
    .transpose = transpose,
    .pair_dots = pair_dots,
    .scores = scores,
    .gather = gather,
    .spread = spread,
    .spread_diagonal = spread_diagonal,
    .gradient = gradient,
};
